/** Stacks as text for a terminal or a ticket. Pure; everything of strangers is made safe. */
import {selectStackGroups, type StackGroup} from '../model/select-stack-groups.ts';
import type {StackCapture} from '../model/stacks.ts';
import {age} from '../terminal/format.ts';
import {safeText} from '../terminal/safe-text.ts';

/** How each way of having them is called. */
const WAYS: Record<StackCapture['method'], string> = {
  agent: 'told by the agent',
  faulthandler: 'by faulthandler: the interpreter does not answer',
  mod_wsgi: "mod_wsgi's own dump",
  crash: 'the last words of a crash',
  pystack: 'by pystack',
  'py-spy': 'by py-spy',
  proc: 'from /proc',
};
/** Requests named in the head of one group. */
const NAMED = 5;

/** Lines: one on each process, then the equal stacks, most frequent first. */
export function stacksText(captures: readonly StackCapture[]): string[] {
  const several = new Set(captures.map((one) => one.pid)).size > 1;
  const heads = captures.flatMap((one) => {
    const group = one.processGroup ? ` of ${safeText(one.processGroup)}` : '';
    const head = `process ${one.pid}${group}: ${count(one.threads.length, 'thread')}, ${WAYS[one.method]}`;
    return one.uncovered === undefined ? [head] : [head, `  not covered: ${safeText(one.uncovered)}`];
  });
  const now = Math.max(0, ...captures.map((one) => one.at));
  return [...heads, ...selectStackGroups(captures).flatMap((group) => ['', ...groupText(group, now, several)])];
}

function groupText({frames, threads, requests, count: many}: StackGroup, now: number, several: boolean): string[] {
  const culprit = threads.some((one) => one.culprit) ? ', holds the interpreter' : '';
  const pids = [...new Set(threads.map((one) => one.pid))];
  const where = several ? ` in ${pids.length > NAMED ? `${pids.length} processes` : pids.join(', ')}` : '';
  const head = `${count(many, 'thread')}${where}${culprit}: ${whose(threads, requests, now)}`;
  const kernel = [...new Set(threads.flatMap(({thread}) => thread.kernel ?? []))];
  const lines = frames.flatMap(({file, line, func, source}) => {
    const place = `  ${safeText(file)}:${line} in ${safeText(func)}`;
    return source ? [place, `      ${safeText(source)}`] : [place];
  });
  return [
    head,
    ...(frames.length === 0 || kernel.length === 1 ? kernel.slice(0, NAMED).map((one) => `  kernel: ${safeText(one)}`) : []),
    ...lines,
  ];
}

function whose(threads: StackGroup['threads'], requests: StackGroup['requests'], now: number): string {
  const named = requests
    .slice(0, NAMED)
    .map((one) => `${safeText(`${one.method} ${one.url}`)} (${safeText(one.id)}, ${age(now - one.startedAt)})`);
  const more = requests.length > NAMED ? [`${requests.length - NAMED} more requests`] : [];
  const without = threads.filter(({thread}) => !thread.request);
  if (requests.length === 0) {
    const names = [...new Set(without.flatMap(({thread}) => thread.name ?? []))].slice(0, NAMED).map((name) => safeText(name));
    return names.length > 0 ? `no request (${names.join(', ')})` : 'no request';
  }
  return [...named, ...more, ...(without.length > 0 ? [`${without.length} without a request`] : [])].join(', ');
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
