import {mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {connectDeck} from '../src/control/client.ts';
import type {Column} from '../test/support/mod-wsgi.ts';
import {sleep} from '../test/support/wait.ts';
import {ask} from './load.ts';
import {cpuSeconds, pss} from './proc.ts';
import {firstAnswer, type Server, startOurs} from './servers.ts';
import {median, spread} from './stats.ts';
import type {Line} from './table.ts';

const ROUNDS = 3;
/** Files of the project itself, of which one in five is of a kind that is watched for nothing; and of its virtual environment. */
const OWN = 5000;
const INSTALLED = 15_000;
const PER_FOLDER = 20;
const KINDS = ['py', 'py', 'py', 'html', 'txt'];
/** Seconds in which an idle server is looked at. */
const IDLE = 10;
/** Files that a change of the branch replaces. */
const BRANCH = 500;

interface Cost {
  /** Milliseconds from the start until the kernel had been told of everything. */
  begun: number;
  /** CPU seconds of the supervisor until a second after that, and in IDLE seconds later on. */
  cpu: number;
  idle: number;
  pss: number;
  watches: number;
}

/** What it costs to watch a tree of 20,000 files, three quarters of them installed packages; and a change of the branch in it. */
export async function watch(column: Column): Promise<Line[]> {
  const off: Cost[] = [];
  const on: Cost[] = [];
  const switches: Switch[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    off.push(await measured(column, [], async () => {}));
    on.push(await measured(column, ['--reload-on-changes'], async (server) => void switches.push(await changeBranch(server, round + 1))));
  }
  const pair = (pick: (cost: Cost) => number, digits: number) =>
    [off, on].map((costs) => median(costs.map(pick)).toFixed(digits)).join(' -> ');
  const files = (OWN + INSTALLED).toLocaleString('en');
  return [
    {what: `a tree of ${files} files: from the start until it is watched`, value: `${spread(on.map((one) => one.begun))} ms`},
    {what: 'watches of the kernel (inotify), without -> with --reload-on-changes', value: pair((one) => one.watches, 0)},
    {what: 'CPU seconds of the supervisor by then, without -> with', value: pair((one) => one.cpu, 2)},
    {what: `CPU seconds of the supervisor in ${IDLE} s, idle, without -> with`, value: pair((one) => one.idle, 2)},
    {what: 'PSS of the supervisor in MiB, without -> with', value: pair((one) => one.pss / 2 ** 20, 0)},
    {what: `${BRANCH} files replaced: from the last one to the new code`, value: `${spread(switches.map((one) => one.ms))} ms`},
    {what: 'reloads for that', value: spread(switches.map((one) => one.reloads)), budget: '1'},
  ];
}

async function measured(column: Column, options: string[], then: (server: Server) => Promise<void>): Promise<Cost> {
  const server = await startOurs('watched', column, options, undefined, makeTree);
  try {
    await firstAnswer(server);
    const {begun, watches} = await settled(server);
    await sleep(1000);
    const cpu = cpuSeconds(server.pid);
    await sleep(1000);
    const before = cpuSeconds(server.pid);
    await sleep(IDLE * 1000);
    const cost = {begun, watches, cpu, idle: cpuSeconds(server.pid) - before, pss: pss(server.pid)};
    await then(server);
    return cost;
  } finally {
    await server.stop();
  }
}

/** The project's tree as people have it, around the application. */
function makeTree(folder: string): void {
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), {recursive: true});
    writeFileSync(join(folder, path), text);
  };
  for (let n = 0; n < OWN; n++) put(`shop/part${Math.floor(n / PER_FOLDER)}/file${n}.${KINDS[n % KINDS.length]}`, `# ${n}\n`);
  for (let n = 0; n < INSTALLED; n++)
    put(`.venv/lib/python3/site-packages/p${Math.floor(n / 300)}/s${Math.floor(n / PER_FOLDER)}/m${n}.py`, `# ${n}\n`);
}

/** Waits until the number of watches has not changed for a second. */
async function settled(server: Server): Promise<{begun: number; watches: number}> {
  let watches = -1;
  let begun = 0;
  while (performance.now() - server.started - begun < 1000) {
    const now = inotifyWatches(server.pid);
    if (now !== watches) [watches, begun] = [now, performance.now() - server.started];
    await sleep(5);
  }
  return {begun, watches};
}

function inotifyWatches(pid: number): number {
  const folder = `/proc/${pid}/fdinfo`;
  const texts = readdirSync(folder).map((name) => {
    try {
      return readFileSync(join(folder, name), 'utf8');
    } catch {
      return '';
    }
  });
  return texts.reduce((sum, text) => sum + (text.match(/^inotify wd/gm)?.length ?? 0), 0);
}

interface Switch {
  /** Milliseconds from the last file to the first answer of the new code. */
  ms: number;
  reloads: number;
}

/** As version control does it: each file is written beside the tree and renamed into its place. The application has imported the last one. */
async function changeBranch(server: Server, version: number): Promise<Switch> {
  const modules = Array.from({length: OWN}, (_, n) => n).filter((n) => KINDS[n % KINDS.length] === 'py');
  const files = modules.slice(0, BRANCH - 1).map((n) => `shop/part${Math.floor(n / PER_FOLDER)}/file${n}.py`);
  for (const file of files) replace(server.folder, file, '# other\n');
  replace(server.folder, 'branch.py', `VERSION = ${version}\n`);
  const at = performance.now();
  while ((await ask(server.port)) !== `${version}\n`) {
    if (performance.now() - at > 30_000) throw new Error('the new branch was not served within 30 s');
    await sleep(1);
  }
  const ms = performance.now() - at;
  // A second reload would have begun by then.
  await sleep(2000);
  const control = await connectDeck(join(server.folder, 'root/wsgideck/control.sock'), {client: 'bench'});
  const reloads = control.state().reloads.length;
  control.end();
  return {ms, reloads};
}

function replace(folder: string, file: string, text: string): void {
  writeFileSync(join(folder, '.replacement'), text);
  renameSync(join(folder, '.replacement'), join(folder, file));
}
