import {readdirSync, statSync} from 'node:fs';
import {join} from 'node:path';
import type {Column} from '../test/support/mod-wsgi.ts';
import {sleep} from '../test/support/wait.ts';
import {cpuSeconds, pss} from './proc.ts';
import {firstAnswer, startOurs} from './servers.ts';
import {median} from './stats.ts';
import type {Line} from './table.ts';

const SECONDS = 30;
const ROUNDS = 3;

interface Cost {
  cpu: number;
  pss: number;
  /** Bytes that the recording grew by. */
  bytes: number;
}

/** What the flight recorder costs the supervisor: with 2,000 log lines a second, and with nothing to do; each with and without it. */
export async function recorder(column: Column): Promise<Line[]> {
  const busy = await both('chatty.wsgi', column);
  const idle = await both('hello.wsgi', column);
  const text = (pick: (cost: Cost) => number, digits: number) => (pair: {without: Cost; with: Cost}) =>
    `${pick(pair.without).toFixed(digits)} -> ${pick(pair.with).toFixed(digits)}`;
  const cpu = text((cost) => cost.cpu, 2);
  const memory = text((cost) => cost.pss / 2 ** 20, 0);
  const growth = ({with: {bytes}}: {with: Cost}) => `${(((bytes / SECONDS) * 60) / 2 ** 20).toFixed(2)} MiB a minute`;
  return [
    {what: `CPU seconds of the supervisor in ${SECONDS} s with 2,000 log lines/s, without -> with`, value: cpu(busy)},
    {what: 'PSS in MiB, same', value: memory(busy)},
    {what: 'recording, same', value: growth(busy), budget: '4.2 MiB (64 MiB in 15 minutes)'},
    {what: `CPU seconds of the supervisor in ${SECONDS} s, idle server, without -> with`, value: cpu(idle)},
    {what: 'recording, idle server', value: growth(idle)},
  ];
}

/** In turns, so that whoever else uses the machine spoils both alike. */
async function both(app: string, column: Column): Promise<{without: Cost; with: Cost}> {
  const [off, on]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    off.push(await measure(app, column, 0));
    on.push(await measure(app, column, 64));
  }
  const middle = (costs: Cost[]): Cost => ({
    cpu: median(costs.map((one) => one.cpu)),
    pss: median(costs.map((one) => one.pss)),
    bytes: median(costs.map((one) => one.bytes)),
  });
  return {without: middle(off), with: middle(on)};
}

async function measure(app: string, column: Column, megabytes: number): Promise<Cost> {
  const server = await startOurs(app, column, ['--flight-recorder-size', String(megabytes)], {cols: 200, rows: 60});
  try {
    await firstAnswer(server);
    await server.tty?.waitFor(/Overview/, 20_000);
    await sleep(5000);
    const folder = join(server.folder, 'root/wsgideck/recording');
    const before = {cpu: cpuSeconds(server.pid), bytes: sizeOf(folder)};
    await sleep(SECONDS * 1000);
    return {cpu: cpuSeconds(server.pid) - before.cpu, pss: pss(server.pid), bytes: sizeOf(folder) - before.bytes};
  } finally {
    await server.stop();
  }
}

function sizeOf(folder: string): number {
  try {
    return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    return 0;
  }
}
