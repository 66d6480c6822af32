/**
 * A program for terminal tests: the real dashboard on the process's own terminal, over a deck in memory. BEAT names a file that gets a
 * growing number as long as the event loop runs; MODE says what goes wrong.
 */
import {writeFileSync} from 'node:fs';
import {runDashboard} from '../../components/main.tsx';
import {busyEvents, event, MemoryDeck, someLog} from './view-deck.ts';

const {BEAT = '', MODE = ''} = process.env;
const deck = new MemoryDeck(busyEvents(someLog(50)));
let beat = 0;
const timer = setInterval(() => {
  writeFileSync(BEAT, String(++beat));
  deck.happen(event({type: 'notice', key: 'beat', severity: 'warn', text: `beat ${beat} ${'x'.repeat(beat % 40)}`}));
  if (MODE === 'render' && beat === 10) {
    // Whatever the supervisor may send one day that this version does not expect.
    deck.happen(event({type: 'processes', rows: null as never}));
  }
  if (MODE === 'throw' && beat === 10) throw new Error('a timer threw');
}, 20);
process.exitCode = await runDashboard(deck, {quitMeans: 'detach', readOnly: false});
clearInterval(timer);
