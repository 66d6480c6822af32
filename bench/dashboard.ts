import type {Column} from '../test/support/mod-wsgi.ts';
import type {ProcessInfo} from '../test/support/processes.ts';
import {sleep, until} from '../test/support/wait.ts';
import {cpuSeconds, pss} from './proc.ts';
import {firstAnswer, type Server, startOurs} from './servers.ts';
import type {Line} from './table.ts';

const SECONDS = 30;

/** What one process of ours cost. */
interface Cost {
  cpu: number;
  pss: number;
}

interface Watched {
  supervisor: Cost;
  dashboard: Cost;
  bytesPerSecond: number;
}

/** What supervisor and dashboard cost at 200x60: with 2,000 log lines a second on the log view, and with nothing to do. */
export async function dashboard(column: Column): Promise<Line[]> {
  const busy = await measure('chatty.wsgi', column, '4');
  const idle = await measure('hello.wsgi', column, '1');
  return [
    {what: `CPU seconds in ${SECONDS} s with 2,000 log lines/s, supervisor + dashboard`, value: sum(busy, cpuText), budget: '2.0'},
    {what: 'bytes to the terminal, same', value: `${(busy.bytesPerSecond / 1000).toFixed(1)} KB/s`, budget: '60 KB/s'},
    {what: 'PSS, same', value: sum(busy, pssText), budget: '150 MiB'},
    {what: 'CPU of a core, idle server', value: sum(idle, percentText), budget: '1 %'},
    {what: 'PSS, idle server', value: sum(idle, pssText)},
  ];
}

const cpuText = ({cpu}: Cost) => cpu.toFixed(2);
const pssText = ({pss: bytes}: Cost) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const percentText = ({cpu}: Cost) => `${((cpu / SECONDS) * 100).toFixed(2)} %`;

/** `a + b = sum`. */
function sum({supervisor, dashboard: screen}: Watched, text: (cost: Cost) => string): string {
  const both = {cpu: supervisor.cpu + screen.cpu, pss: supervisor.pss + screen.pss};
  return `${text(supervisor)} + ${text(screen)} = ${text(both)}`;
}

async function measure(app: string, column: Column, view: string): Promise<Watched> {
  const server = await startOurs(app, column, [], {cols: 200, rows: 60});
  try {
    await firstAnswer(server);
    await server.tty?.waitFor(/Overview/, 20_000);
    server.tty?.press(view);
    const {pid: screen} = await until('the dashboard', () => dashboardOf(server));
    // Start-up, compilation by the engine, and the first garbage collections are not what an hour of watching costs.
    await sleep(5000);
    const before = {supervisor: cpuSeconds(server.pid), dashboard: cpuSeconds(screen), bytes: server.tty?.bytes ?? 0};
    await sleep(SECONDS * 1000);
    return {
      supervisor: {cpu: cpuSeconds(server.pid) - before.supervisor, pss: pss(server.pid)},
      dashboard: {cpu: cpuSeconds(screen) - before.dashboard, pss: pss(screen)},
      bytesPerSecond: ((server.tty?.bytes ?? 0) - before.bytes) / SECONDS,
    };
  } finally {
    await server.stop();
  }
}

function dashboardOf(server: Server): ProcessInfo | undefined {
  return server.processes().find(({command, pid}) => pid !== server.pid && command.includes('dashboard'));
}
