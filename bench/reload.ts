import {renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Column} from '../test/support/mod-wsgi.ts';
import {prepareEnvironment} from '../test/support/venv.ts';
import {sleep} from '../test/support/wait.ts';
import {ask, startLoad} from './load.ts';
import {type Server, firstAnswer, startExpress, startOther, startOurs} from './servers.ts';
import {median} from './stats.ts';
import type {Line} from './table.ts';

const CLIENTS = 4;
const SAVES = 50;
/** The others take up to two seconds a save: fewer say enough. */
const SAVES_OF_OTHERS = 8;
/** Milliseconds between two saves, a little different each time so that they do not fall into step with anybody's clock. */
const BETWEEN = () => 1500 + Math.random() * 700;

interface Outcome {
  /** Milliseconds from the save to the first answer of the new code, less what loading it took by its own account. */
  times: number[];
  requests: number;
  failed: number;
}

/** Saves under load: how long until the new code answers, and how many requests fail meanwhile; ours on both versions, and the others that there are. */
export async function reload(system: Column, newest: Column): Promise<Line[]> {
  const others = await prepareEnvironment('bench-reload', 'the servers to compare with', [
    'Django==5.2.*',
    'gunicorn',
    'uvicorn[standard]',
  ]);
  const python = (name: string, ...words: string[]) => ({command: join(others, 'bin', name), words});
  const cases: [string, number, () => Promise<Server>][] = [
    [`wsgideck on ${system.version}`, SAVES, () => startOurs('reload', system, ['--reload-on-changes'])],
    [`wsgideck on ${newest.version}`, SAVES, () => startOurs('reload', newest, ['--reload-on-changes'])],
    [`mod_wsgi-express ${newest.version}`, SAVES_OF_OTHERS, () => startExpress('reload', newest, ['--reload-on-changes'])],
    [
      'Django runserver',
      SAVES_OF_OTHERS,
      () => startOther('reload', (port) => python('python', 'manage.py', 'runserver', `127.0.0.1:${port}`)),
    ],
    [
      'gunicorn --reload',
      SAVES_OF_OTHERS,
      () =>
        startOther('reload', (port) => python('gunicorn', '--reload', '--threads', '5', '-b', `127.0.0.1:${port}`, 'plain:application')),
    ],
    [
      'uvicorn --reload',
      SAVES_OF_OTHERS,
      () =>
        startOther('reload', (port) =>
          python('uvicorn', '--reload', '--port', String(port), '--no-access-log', 'asynchronous:application'),
        ),
    ],
  ];
  const lines: Line[] = [];
  for (const [what, saves, start] of cases) {
    const ours = what.startsWith('wsgideck');
    const {times, requests, failed} = await measured(start, saves);
    const value = `${median(times).toFixed(0)} (${Math.min(...times).toFixed(0)}-${Math.max(...times).toFixed(0)}) ms, ${failed} of ${requests} failed`;
    // It takes minutes in all: each is told when it is known.
    console.error(`  ${what}: ${value}`);
    lines.push({what: `${what}, ${saves} saves`, value, ...(ours ? {budget: '60 ms, worst 150 ms, 0 failed'} : {})});
  }
  return lines;
}

async function measured(start: () => Promise<Server>, saves: number): Promise<Outcome> {
  const server = await start();
  try {
    await firstAnswer(server);
    const load = startLoad(server.port, CLIENTS);
    const times: number[] = [];
    for (let version = 1; version <= saves; version++) {
      await sleep(BETWEEN());
      times.push(await saved(server, version));
    }
    await load.stop();
    return {times, requests: load.requests, failed: load.failed};
  } finally {
    await server.stop();
  }
}

/** Saves as editors do: a whole new file in the place of the old one. */
async function saved(server: Server, version: number): Promise<number> {
  const file = join(server.folder, 'wares.py');
  writeFileSync(`${file}.new`, `"""The module that is saved again and again."""\n\nVERSION = ${version}\n`);
  const at = performance.now();
  renameSync(`${file}.new`, file);
  while (performance.now() - at < 30_000) {
    const [seen, ms] = ((await ask(server.port)) ?? '').split(' ').map(Number);
    if (seen === version) return performance.now() - at - (ms ?? 0);
    await sleep(1);
  }
  throw new Error(`version ${version} was not served within 30 s`);
}
