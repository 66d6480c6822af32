import type {Column} from '../test/support/mod-wsgi.ts';
import type {ProcessInfo} from '../test/support/processes.ts';
import {sleep, until} from '../test/support/wait.ts';
import {cpuSeconds, pss} from './proc.ts';
import {firstAnswer, type Server, startOurs} from './servers.ts';
import {median} from './stats.ts';
import type {Line} from './table.ts';

const SECONDS = 30;
/** Whoever else uses the machine spoils one measurement, not the middle one of three. */
const ROUNDS = 3;

/** What one process of ours cost. */
interface Cost {
  cpu: number;
  /** Bytes, at the beginning of the window and at its end. */
  pssBefore: number;
  pss: number;
}

interface Watched {
  supervisor: Cost;
  dashboard: Cost;
  bytesPerSecond: number;
}

/** What supervisor and dashboard cost at 200x60: with 2,000 log lines a second on the log view, and with nothing to do. */
export async function dashboard(column: Column): Promise<Line[]> {
  const busy = await middle('chatty.wsgi', column, '4');
  const idle = await middle('hello.wsgi', column, '1');
  return [
    {what: `CPU seconds in ${SECONDS} s with 2,000 log lines/s, supervisor + dashboard`, value: sum(busy, cpuText), budget: '2.0'},
    {what: 'bytes to the terminal, same', value: `${(busy.bytesPerSecond / 1000).toFixed(1)} KB/s`, budget: '60 KB/s'},
    {what: `PSS ${SECONDS} s before, same`, value: sum(busy, pssBeforeText)},
    {what: 'PSS, same', value: sum(busy, pssText), budget: '150 MiB'},
    {what: 'CPU of a core, idle server', value: sum(idle, percentText), budget: '1 %'},
    {what: 'PSS, idle server', value: sum(idle, pssText)},
  ];
}

const cpuText = ({cpu}: Cost) => cpu.toFixed(2);
const pssText = ({pss: bytes}: Cost) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const pssBeforeText = ({pssBefore: bytes}: Cost) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
const percentText = ({cpu}: Cost) => `${((cpu / SECONDS) * 100).toFixed(2)} %`;

/** `a + b = sum`. */
function sum({supervisor, dashboard: screen}: Watched, text: (cost: Cost) => string): string {
  return `${text(supervisor)} + ${text(screen)} = ${text(together([supervisor, screen]))}`;
}

function together(costs: Cost[]): Cost {
  const total = (part: keyof Cost) => costs.reduce((all, one) => all + one[part], 0);
  return {cpu: total('cpu'), pssBefore: total('pssBefore'), pss: total('pss')};
}

/** The middle value of each figure over some rounds. */
async function middle(app: string, column: Column, view: string): Promise<Watched> {
  const rounds: Watched[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(app, column, view));
  const cost = (who: 'supervisor' | 'dashboard'): Cost => {
    const of = (part: keyof Cost) => median(rounds.map((one) => one[who][part]));
    return {cpu: of('cpu'), pssBefore: of('pssBefore'), pss: of('pss')};
  };
  return {
    supervisor: cost('supervisor'),
    dashboard: cost('dashboard'),
    bytesPerSecond: median(rounds.map((one) => one.bytesPerSecond)),
  };
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
    const now = (pid: number) => ({cpu: cpuSeconds(pid), pss: pss(pid)});
    const before = {supervisor: now(server.pid), dashboard: now(screen), bytes: server.tty?.bytes ?? 0};
    const cost = (pid: number, was: {cpu: number; pss: number}): Cost => ({
      cpu: cpuSeconds(pid) - was.cpu,
      pssBefore: was.pss,
      pss: pss(pid),
    });
    await sleep(SECONDS * 1000);
    return {
      supervisor: cost(server.pid, before.supervisor),
      dashboard: cost(screen, before.dashboard),
      bytesPerSecond: ((server.tty?.bytes ?? 0) - before.bytes) / SECONDS,
    };
  } finally {
    await server.stop();
  }
}

function dashboardOf(server: Server): ProcessInfo | undefined {
  return server.processes().find(({command, pid}) => pid !== server.pid && command.includes('dashboard'));
}
