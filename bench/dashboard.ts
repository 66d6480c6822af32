import type {Column} from '../test/support/mod-wsgi.ts';
import type {ProcessInfo} from '../test/support/processes.ts';
import {sleep, until} from '../test/support/wait.ts';
import {cpuSeconds, pss} from './proc.ts';
import {firstAnswer, type Server, startOurs} from './servers.ts';
import type {Line} from './table.ts';

const SECONDS = 30;

interface Cost {
  cpu: number;
  bytesPerSecond: number;
  pss: number;
}

/** What supervisor and dashboard cost at 200x60: with 2,000 log lines a second on the log view, and with nothing to do. */
export async function dashboard(column: Column): Promise<Line[]> {
  const busy = await measure('chatty.wsgi', column, '4');
  const idle = await measure('hello.wsgi', column, '1');
  return [
    {what: `CPU seconds in ${SECONDS} s, supervisor + dashboard, 2,000 log lines/s`, value: busy.cpu.toFixed(2), budget: '2.0'},
    {what: 'bytes to the terminal, same', value: `${(busy.bytesPerSecond / 1000).toFixed(1)} KB/s`, budget: '60 KB/s'},
    {what: 'PSS of both, same', value: `${(busy.pss / 2 ** 20).toFixed(0)} MiB`, budget: '150 MiB'},
    {what: 'CPU, idle server', value: `${((idle.cpu / SECONDS) * 100).toFixed(2)} % of a core`, budget: '1 %'},
    {what: 'PSS of both, idle server', value: `${(idle.pss / 2 ** 20).toFixed(0)} MiB`},
  ];
}

async function measure(app: string, column: Column, view: string): Promise<Cost> {
  const server = await startOurs(app, column, [], {cols: 200, rows: 60});
  try {
    await firstAnswer(server);
    await server.tty?.waitFor(/Overview/, 20_000);
    server.tty?.press(view);
    const nodes = await until('supervisor and dashboard', () => both(server));
    // Start-up, compilation by the engine, and the first garbage collections are not what an hour of watching costs.
    await sleep(5000);
    const before = {cpu: total(nodes), bytes: server.tty?.bytes ?? 0};
    await sleep(SECONDS * 1000);
    return {
      cpu: total(nodes) - before.cpu,
      bytesPerSecond: ((server.tty?.bytes ?? 0) - before.bytes) / SECONDS,
      pss: nodes.reduce((sum, {pid}) => sum + pss(pid), 0),
    };
  } finally {
    await server.stop();
  }
}

function both(server: Server): ProcessInfo[] | null {
  const found = server.processes().filter(({command, pid}) => pid === server.pid || command.includes('dashboard'));
  return found.length === 2 ? found : null;
}

function total(processes: ProcessInfo[]): number {
  return processes.reduce((sum, {pid}) => sum + cpuSeconds(pid), 0);
}
