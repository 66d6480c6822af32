import stringWidth from 'string-width';
import {duration} from '../../terminal/format.ts';
import {safeText} from '../../terminal/safe-text.ts';
import type {Survey} from './find-instances.ts';
import {type Instance, pidOf} from './instance.ts';

const HEADINGS = ['NAME', 'KIND', 'STATE', 'URL', 'PID', 'USER', 'UPTIME', 'PROCESSES', 'MOD_WSGI'];
const NOTHING = '-';

/** A table for people, headings first; names of others in it cannot act on the terminal. @param now milliseconds since the epoch. */
export function psLines(instances: readonly Instance[], now: number): string[] {
  const rows = [HEADINGS, ...instances.map((one) => cells(one, now).map((cell) => safeText(cell)))];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column]!))));
  return rows.map((row) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - stringWidth(cell)))
      .join('  ')
      .trimEnd(),
  );
}

/** One object for each, for scripts: `pid` is the table's PID. */
export function psObjects(instances: readonly Instance[]): (Instance & {pid: number | null})[] {
  return instances.map((one) => ({...one, pid: pidOf(one)}));
}

function cells(one: Instance, now: number): string[] {
  const {processes, threads} = one;
  const capacity =
    processes === 0 ? 'embedded' : processes === undefined ? NOTHING : `${processes}${threads === undefined ? '' : ` x ${threads}`}`;
  return [
    one.name,
    one.kind,
    one.leftBehind ? 'killed' : (one.state ?? (one.kind === 'ours' ? 'unknown' : 'running')),
    one.url ?? NOTHING,
    String(pidOf(one) ?? NOTHING),
    one.user,
    duration(now - one.since),
    capacity,
    one.modWsgi ?? NOTHING,
  ];
}

/** What the table leaves out, and why, one line each. */
export function psNotes({instances, unclear, canLook}: Survey): string[] {
  if (!canLook) return ['this system has no /proc: servers cannot be looked for, only named by their server root'];
  const notes = instances.filter((one) => one.problem !== undefined).map((one) => `${one.name}: ${one.problem}`);
  if (unclear.length > 0)
    notes.push(
      `only root can see whether mod_wsgi is in Apache ${unclear.join(', ')}: ${unclear.length === 1 ? 'it is' : 'they are'} left out`,
    );
  if (instances.length === 0) notes.push(`no server with mod_wsgi runs here${process.getuid?.() === 0 ? '' : ' (that you may see)'}`);
  return notes;
}
