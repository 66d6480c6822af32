/** Signals that can be sent to one process, each with what it does there. */
import type {Command} from '../../src/model/commands.ts';
import type {ProcessRow} from '../../src/model/events.ts';
import {fit, wrapLines} from '../../src/terminal/fit.ts';
import {BLANK, row, span, theirs, type Row} from '../../src/terminal/rows.ts';
import type {Presented, Snapshot, Space} from '../store/snapshot.ts';

export type SignalName = Extract<Command, {type: 'signal'}>['signal'];

export interface SignalChoice {
  signal: SignalName;
  effect: string;
}

const DAEMON: readonly SignalChoice[] = [
  {signal: 'SIGTERM', effect: 'stop: its requests get the shutdown timeout, Apache starts a new one within a second'},
  {signal: 'SIGUSR1', effect: 'drain: takes nothing new, lets requests finish under the graceful timeout, then is replaced'},
  {signal: 'SIGINT', effect: 'the same as SIGTERM'},
  {signal: 'SIGHUP', effect: 'mod_wsgi 6: handed to Python code that asked for it; older: it dies at once, its requests are cut'},
  {signal: 'SIGKILL', effect: 'dies at once: its requests are cut, Apache starts a new one within a second'},
];

const APACHE: readonly SignalChoice[] = [
  {signal: 'SIGUSR1', effect: 'graceful restart: reads the configuration again; requests longer than about 3 s are cut'},
  {signal: 'SIGHUP', effect: 'restart: reads the configuration again and cuts the requests in flight'},
  {signal: 'SIGTERM', effect: 'stops the whole server and cuts the requests in flight'},
  {signal: 'SIGINT', effect: 'the same as SIGTERM'},
  {signal: 'SIGKILL', effect: 'kills Apache; the guard ends what is left of it'},
];

const OTHER: readonly SignalChoice[] = [
  {signal: 'SIGTERM', effect: 'asks it to end'},
  {signal: 'SIGINT', effect: 'interrupts it'},
  {signal: 'SIGHUP', effect: 'tells it that its terminal is gone'},
  {signal: 'SIGUSR1', effect: 'what it does with this one is its own affair'},
  {signal: 'SIGKILL', effect: 'ends it at once'},
];

/** The signals offered for a process. */
export function signalChoices(process: Pick<ProcessRow, 'role'>): readonly SignalChoice[] {
  if (process.role === 'daemon') return DAEMON;
  return process.role === 'apache' || process.role === 'guard' ? APACHE : OTHER;
}

export function presentMenu(s: Snapshot, overlay: {pid: number; index: number}, {width}: Space): Presented {
  const process = s.state.processes.find((one) => one.pid === overlay.pid);
  if (!process) return {rows: [row(span(` process ${overlay.pid} is gone`, 'dim'))]};
  const busy = s.state.requests.filter((one) => one.pid === overlay.pid).length;
  const rows: Row[] = [
    row(
      span(` signal to ${process.role} ${process.pid} `, 'strong'),
      theirs(process.label, s.glyphs, 'dim'),
      span(busy > 0 ? `  serves ${busy} now` : '', 'soon'),
    ),
    BLANK,
  ];
  signalChoices(process).forEach((one, index) => {
    rows.push({
      spans: [span(`   ${fit(one.signal, 9)}`, 'accent'), span(one.effect)],
      selected: index === overlay.index,
      hit: {type: 'item', index},
    });
  });
  const effect = signalChoices(process)[overlay.index]?.effect ?? '';
  rows.push(BLANK, ...wrapLines(effect, Math.max(10, width - 4)).map((line) => row(span(`   ${line}`, 'accent'))));
  return {rows};
}
