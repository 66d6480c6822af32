/** `npm run bench [startup|dashboard|reload|watch|recorder|requests ...]`: the figures of the design's budgets on this machine, all by default. */
import {columns} from '../test/support/mod-wsgi.ts';
import {prepareVenv} from '../test/support/venv.ts';
import {dashboard} from './dashboard.ts';
import {recorder} from './recorder.ts';
import {reload} from './reload.ts';
import {requestCost} from './request-cost.ts';
import {stacks} from './stacks.ts';
import {startup} from './startup.ts';
import {type Line, printTable} from './table.ts';
import {watch} from './watch.ts';

await prepareVenv();
const [system, newest] = columns();
if (system === undefined || newest === undefined) throw new Error('two versions of mod_wsgi are needed');

const parts: Record<string, [title: string, measure: () => Promise<Line[]>]> = {
  startup: ['Start, median (least-most) of 12', () => startup(system, newest)],
  dashboard: [`Watching at 200x60, mod_wsgi ${newest.version}`, () => dashboard(newest)],
  reload: ['From a save to the new code, less its own loading: median (least-most)', () => reload(system, newest)],
  watch: [`Watching files, mod_wsgi ${newest.version}, median (least-most) of 3`, () => watch(newest)],
  recorder: ['Cost of the flight recorder, median of 3', () => recorder(newest)],
  stacks: ['Stacks, median (least-most)', () => stacks(newest)],
  requests: ['Cost in the application, median (least-most) of 7', () => requestCost(newest)],
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
for (const [name, [title, measure]] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) printTable(title, await measure());
}
