import {execFileSync} from 'node:child_process';
import {dirname, join} from 'node:path';
import type {Column} from '../test/support/mod-wsgi.ts';
import {firstAnswer, type Server, startExpress, startOurs} from './servers.ts';
import {median, spread} from './stats.ts';
import type {Line} from './table.ts';

const ROUNDS = 12;

/**
 * As pip leaves a package: where $PYTHONDONTWRITEBYTECODE is set (as in many container images), pip of Debian 12 leaves mod_wsgi-express uncompiled, and it
 * takes 10 % longer to start than it does for everybody else.
 */
function compilePeer({pythonHome, modulePath}: Column): void {
  if (pythonHome === null) return;
  execFileSync(join(pythonHome, 'bin/python'), ['-m', 'compileall', '-q', dirname(dirname(modulePath))]);
}

/** Start to the first 200 of a tiny application, the programs in turn, and the first full frame of the dashboard. */
export async function startup(system: Column, newest: Column): Promise<Line[]> {
  compilePeer(newest);
  const nothingKept = () => ({...newest, env: {...newest.env, NODE_DISABLE_COMPILE_CACHE: '1'}});
  const cases: Record<string, () => Promise<Server>> = {
    express: () => startExpress('hello.wsgi', newest),
    ours: () => startOurs('hello.wsgi', newest),
    oursSystem: () => startOurs('hello.wsgi', system),
    oursFirst: () => startOurs('hello.wsgi', nothingKept()),
  };
  const times: Record<string, number[]> = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  // Round 0 warms the disk cache and counts for nothing.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, start] of Object.entries(cases)) {
      const ms = await timed(start);
      if (round > 0) times[name]?.push(ms);
    }
  }
  const {express = [], ours = [], oursSystem = [], oursFirst = []} = times;
  const frames: number[] = [];
  for (let round = 0; round < ROUNDS; round++) frames.push(await firstFrame(newest));
  return [
    {what: `mod_wsgi-express ${newest.version}, start to first 200`, value: `${spread(express)} ms`},
    {what: `wsgideck on ${newest.version}, start to first 200`, value: `${spread(ours)} ms`},
    {what: 'ratio of the medians', value: (median(ours) / median(express)).toFixed(2), budget: '0.85'},
    {what: `wsgideck on ${system.version}, start to first 200`, value: `${spread(oursSystem)} ms`},
    {what: `wsgideck on ${newest.version}, nothing kept of earlier starts`, value: `${spread(oursFirst)} ms`},
    {what: 'start to first full frame, 120x34', value: `${spread(frames)} ms`, budget: '250 ms'},
  ];
}

async function timed(start: () => Promise<Server>): Promise<number> {
  const server = await start();
  try {
    return await firstAnswer(server);
  } finally {
    await server.stop();
  }
}

/** The frame is full when the tabs above and the keys below are there. */
async function firstFrame(column: Column): Promise<number> {
  const server = await startOurs('hello.wsgi', column, [], {cols: 120, rows: 34});
  try {
    await server.tty?.waitFor((screen) => /Overview/.test(screen) && /quit/.test(screen), 30_000);
    return performance.now() - server.started;
  } finally {
    await server.stop();
  }
}
