/** What every report says, before it is put into a form. Pure. */
import type {Place} from '../../model/diagnosis.ts';
import type {Figures, Incident} from '../../model/incidents.ts';
import type {LogEntry} from '../../model/log.ts';
import type {StackCapture, ThreadStack} from '../../model/stacks.ts';
import {bytes, duration, percent, plural, rate} from '../../terminal/format.ts';

/** `2026-11-20 13:15:02 UTC`: reports are read in other time zones than they are made in. */
export function moment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

export function placeText({file, line, func}: Place): string {
  return `${file}:${line}${func ? ` in ${func}` : ''}`;
}

/** Names and values of the head, in order. */
export function facts({summary, instance, reason}: Incident): [string, string][] {
  const {openedAt, closedAt, pid, processGroup, count, where} = summary;
  const lasted = closedAt === null ? 'still open' : `${moment(closedAt)}, after ${duration(closedAt - openedAt)}`;
  return [
    ['Kind', summary.kind],
    ['Severity', summary.severity],
    ['Opened', moment(openedAt)],
    ['Closed', lasted],
    ['Where', where ? placeText(where) : 'not known'],
    ['Process', pid === null ? 'the whole server' : `${pid}${processGroup ? ` of ${processGroup}` : ''}`],
    ...(count > 1 ? [['Times', String(count)] as [string, string]] : []),
    ['Reason', reason.split('\n')[0] ?? ''],
    ['Server', `${instance.name}, ${instance.url}`],
    ['Application', instance.script ?? 'not known'],
    ['Software', `Apache ${instance.apache} (${instance.mpm}), mod_wsgi ${instance.modWsgi}, Python ${instance.python}`],
    [
      'Capacity',
      `${plural(instance.processes, 'process', 'processes')} of ${plural(instance.threads, 'thread')}, request-timeout ${instance.requestTimeout === 0 ? 'off' : `${instance.requestTimeout} s`}`,
    ],
    ['Incident', summary.id],
  ];
}

/** One row of figures: relative time, then what changes in an incident. */
export const FIGURE_HEADS = ['time', 'requests/s', '5xx', 'p50', 'p95', 'p99', 'busy', 'queue', 'CPU', 'memory', 'load'];

export function figureRows({summary, before, after}: Incident): string[][] {
  const ms = (value: number | null) => (value === null ? '' : duration(value));
  const row = (one: Figures) => [
    `${one.at < summary.openedAt ? '-' : '+'}${Math.round(Math.abs(one.at - summary.openedAt) / 1000)} s`,
    rate(one.requestsPerSecond),
    String(one.errors5xx),
    ms(one.p50),
    ms(one.p95),
    ms(one.p99),
    `${one.busy}/${one.capacity}`,
    ms(one.queueMs),
    percent(one.cpu),
    bytes(one.rss),
    one.load1 === null ? '' : one.load1.toFixed(2),
  ];
  // Every fifth second far from the opening, each one near it.
  const near = (one: Figures, index: number) => Math.abs(one.at - summary.openedAt) < 10_000 || index % 5 === 0;
  return [...before, ...after].filter(near).map(row);
}

export function captureTitle({at, pid, method, title, uncovered}: StackCapture): string {
  return `${moment(at)}, process ${pid}, by ${method}: ${title}${uncovered ? ` (${uncovered})` : ''}`;
}

/** Threads worth reading: with frames, and not our own agent's. */
export function shownThreads(capture: StackCapture, {instance}: Incident): ThreadStack[] {
  const ours = `${instance.serverRoot}/wsgideck/`;
  return capture.threads.filter(
    ({frames}) => frames.length > 0 && (instance.serverRoot === '' || !frames.every(({file}) => file.startsWith(ours))),
  );
}

/** `GET /pay, served for 12.1 s` or the thread's name. */
export function threadTitle(thread: ThreadStack, capture: StackCapture): string {
  const mark = thread.ident === capture.culprit ? 'culprit: ' : '';
  const {request} = thread;
  if (request) return `${mark}${request.method} ${request.url}, served for ${duration(capture.at - request.startedAt)}`;
  return `${mark}thread ${thread.name ?? thread.ident}${thread.kernel ? `, ${thread.kernel}` : ''}`;
}

/** Frames as Python prints them, innermost last as in its tracebacks. */
export function frameLines({frames}: ThreadStack): string[] {
  return frames
    .toReversed()
    .flatMap(({file, line, func, source}) => [`File "${file}", line ${line}, in ${func}`, ...(source ? [`    ${source.trim()}`] : [])]);
}

export function logLine(entry: LogEntry): string {
  const {access} = entry;
  const time = new Date(entry.at).toISOString().slice(11, 23);
  const who = entry.pid === undefined ? '' : ` [${entry.pid}]`;
  const text = access ? `${access.method} ${access.url} ${access.status} ${duration(access.micros / 1000)}` : entry.text;
  const again = entry.repeated === undefined ? '' : ` (${entry.repeated} times)`;
  return [`${time} ${access ? 'access' : entry.level}${who} ${text}${again}`, ...(entry.more ?? []).map((line) => `    ${line}`)].join(
    '\n',
  );
}
