/** Entry of the dashboard's process: connects to the control socket it is given, then shows what is there. */
import {writeSync} from 'node:fs';
import {enableCompileCache} from 'node:module';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {cacheFolder} from './cache-folder.ts';

const cache = cacheFolder();
if (cache !== null) enableCompileCache(join(cache, 'node'));
// Yoga's loader would fetch() its code from a data URL, for which Node loads an HTTP client: 35 ms and 3 MB for nothing. Without fetch it just
// decodes it. The dashboard itself asks nothing of the network.
Reflect.deleteProperty(globalThis, 'fetch');

const {values} = parseArgs({
  options: {
    socket: {type: 'string'},
    quit: {type: 'string', default: 'detach'},
    'read-only': {type: 'boolean', default: false},
    // An open file descriptor for the reason why there is no connection: whoever has started us knows whether it matters.
    reason: {type: 'string'},
  },
});

/** @param told that somebody has been told why, so that the terminal need not be. */
function fail(error: unknown, told: (text: string) => boolean = () => false): never {
  const text = error instanceof Error ? error.message : String(error);
  if (!told(text)) process.stderr.write(`wsgideck: the dashboard: ${text}\n`);
  // Not by itself: the connection may be open, and would keep a process without a screen.
  process.exit(1);
}

function tellParent(text: string): boolean {
  if (values.reason === undefined) return false;
  try {
    writeSync(Number(values.reason), text);
    return true;
  } catch {
    // It has gone, and its terminal is still here.
    return false;
  }
}

try {
  const {connectDeck} = await import('../control/client.ts');
  const connecting = connectDeck(values.socket ?? '', {client: 'dashboard', readOnly: values['read-only']}).catch((error: unknown) =>
    fail(error, tellParent),
  );
  // The screen is loaded while the supervisor answers.
  const [deck, {runDashboard}] = await Promise.all([connecting, import('../../components/main.tsx')]);
  process.exitCode = await runDashboard(deck, {quitMeans: values.quit === 'stop' ? 'stop' : 'detach', readOnly: deck.readOnly ?? false});
  deck.end();
} catch (error) {
  fail(error);
}
