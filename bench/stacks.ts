import {connect, type Socket} from 'node:net';
import type {Column} from '../test/support/mod-wsgi.ts';
import {sleep, until} from '../test/support/wait.ts';
import {cpuSeconds} from './proc.ts';
import {firstAnswer, type Server, startOurs} from './servers.ts';
import {spread} from './stats.ts';
import type {Line} from './table.ts';

const ROUNDS = 10;
const THREADS = 100;

/** From a key press to the stacks of 100 busy threads on the screen, and from a held interpreter to the line that holds it. */
export async function stacks(newest: Column): Promise<Line[]> {
  const {asked, idle, busy} = await hundred(newest);
  const wedged: number[] = [];
  const outside: number[] = [];
  for (let round = 0; round < 3; round++) {
    const {named, taken} = await held(newest);
    wedged.push(named);
    outside.push(taken);
  }
  return [
    {what: `key press to the stacks of ${THREADS} threads`, value: `${spread(asked)} ms`, budget: '100 ms'},
    {what: 'key press to the stacks of a wedged process', value: `${spread(outside)} ms`, budget: '300 ms'},
    {
      what: `CPU of the daemon process, idle, and with ${THREADS - 1} long requests (early dumps included)`,
      value: `${idle.toFixed(1)} and ${busy.toFixed(1)} ms/s`,
    },
    {what: 'interpreter held to its line on the screen, unasked', value: `${spread(wedged)} ms`},
  ];
}

async function hundred(column: Column): Promise<{asked: number[]; idle: number; busy: number}> {
  const server = await startOurs('hold.wsgi', column, ['--threads', String(THREADS), '--max-clients', String(THREADS + 50)], {
    cols: 200,
    rows: 60,
  });
  const held: Socket[] = [];
  try {
    await firstAnswer(server);
    const {tty} = screen(server);
    const idle = await cpuRate(server, 5);
    for (let at = 0; at < THREADS - 1; at++) held.push(hold(server, `/wait/${at}`));
    const counting = cpuRate(server, 15);
    await tty.waitFor(new RegExp(`2 Requests ${THREADS - 1}\\b`), 30_000);
    // Past the first look at requests of this age, so that it is in the figure and not in the way.
    const busy = await counting;
    tty.press('3');
    await tty.waitFor(/s stacks/);
    const times: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const before = listed(tty.screen());
      const started = performance.now();
      tty.press('s');
      await until('new stacks', () => listed(tty.screen()) !== before, 10_000);
      times.push(performance.now() - started);
    }
    return {asked: times, idle, busy};
  } finally {
    for (const socket of held) socket.destroy();
    await server.stop();
  }
}

/** Milliseconds of CPU a second of all daemon processes, over so many seconds. */
async function cpuRate(server: Server, seconds: number): Promise<number> {
  const used = () => server.daemons().reduce((sum, {pid}) => sum + cpuSeconds(pid), 0);
  const before = used();
  await sleep(seconds * 1000);
  return ((used() - before) * 1000) / seconds;
}

async function held(column: Column): Promise<{named: number; taken: number}> {
  const server = await startOurs('hold.wsgi', column, ['--threads', '10'], {cols: 200, rows: 60});
  let socket: Socket | null = null;
  try {
    await firstAnswer(server);
    const {tty} = screen(server);
    await tty.waitFor(/ready/, 20_000);
    await sleep(1000);
    const started = performance.now();
    socket = hold(server, '/gil');
    await tty.waitFor(/app\.wsgi:\d+/, 20_000);
    const named = performance.now() - started;
    tty.press('3');
    await tty.waitFor(/s stacks/);
    const before = listed(tty.screen());
    const asked = performance.now();
    tty.press('s');
    await until('new stacks', () => listed(tty.screen()) !== before, 15_000);
    return {named, taken: performance.now() - asked};
  } finally {
    socket?.destroy();
    await server.stop();
  }
}

function screen(server: Server): {tty: NonNullable<Server['tty']>} {
  if (server.tty === null) throw new Error('no screen');
  return {tty: server.tty};
}

/** Number of captures in the tab of Stacks. */
const listed = (text: string): string => /3 Stacks (\d+)/.exec(text)?.[1] ?? '0';

function hold(server: Server, path: string): Socket {
  const socket = connect(server.port, '127.0.0.1', () => socket.write(`GET ${path} HTTP/1.0\r\n\r\n`));
  socket.on('error', () => {});
  return socket;
}
