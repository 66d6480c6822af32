/** Entry of the dashboard's process: connects to the control socket it is given, then shows what is there. */
import {parseArgs} from 'node:util';
import {runDashboard} from '../../components/main.tsx';
import {connectDeck} from '../control/client.ts';

const {values} = parseArgs({
  options: {
    socket: {type: 'string'},
    quit: {type: 'string', default: 'detach'},
    'read-only': {type: 'boolean', default: false},
  },
});

try {
  const deck = await connectDeck(values.socket ?? '', {client: 'dashboard', readOnly: values['read-only']});
  process.exitCode = await runDashboard(deck, {quitMeans: values.quit === 'stop' ? 'stop' : 'detach', readOnly: values['read-only']});
  deck.end();
} catch (error) {
  process.stderr.write(`wsgideck: the dashboard: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
