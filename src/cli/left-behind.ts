import {readSync} from 'node:fs';
import {join} from 'node:path';
import type {ServerPlan} from '../express/index.ts';
import type {Instance} from '../instance/instances/instance.ts';
import {awaitGuard, endLeftBehind, findLeftBehind, type LeftBehind} from '../instance/left-behind.ts';
import {plural} from '../terminal/format.ts';
import {safeText} from '../terminal/safe-text.ts';
import type {Outcome} from './act.ts';
import {fail} from './report.ts';
import {say} from './say.ts';

/** Milliseconds that a guard needs at most to stop Apache, with the default times. */
const GUARD_ENDS = 30_000;
const MOMENT = 100;

/**
 * Before a start: is the server root free of what an earlier server left behind when all that
 * watched over it was killed? On a terminal it asks whether to end that; otherwise it says how.
 * Sets the exit status when the answer is no.
 */
export async function mayStart({paths}: ServerPlan): Promise<boolean> {
  // A guard that is at it is waited for later, but it must be able to.
  await awaitGuard(paths.guardStatus, MOMENT);
  const left = findLeftBehind(paths.guardStatus);
  if (left === null) return true;
  const what = `${describe(left)} in ${paths.root}`;
  if (!canAsk()) {
    fail(`${what}; end them with: wsgideck stop ${paths.root}`);
    return false;
  }
  process.stderr.write(`wsgideck: ${safeText(what)}; end them and start? [Y/n] `);
  if (!/^(?:y(?:es)?)?$/i.test(readAnswer())) {
    fail(`nothing was started; wsgideck stop ${paths.root} ends them`);
    return false;
  }
  const {ok, text} = await end(left, false);
  if (ok) say(text);
  else fail(text);
  return ok;
}

/**
 * `wsgideck stop` of a server whose guard alone is left: that one stops it. Null for every other.
 */
export async function stopUnwatched({kind, serverRoot, supervisorPid}: Instance): Promise<Outcome | null> {
  if (kind !== 'ours' || supervisorPid !== undefined) return null;
  const ended = await awaitGuard(join(serverRoot, 'wsgideck', 'guard.status'), GUARD_ENDS);
  if (ended === null) return null;
  return ended
    ? {ok: true, text: 'stopped, by its guard: its supervisor was killed'}
    : {ok: false, text: 'its guard does not end; see wsgideck ps'};
}

/** `wsgideck stop` of such a server. */
export async function stopLeftBehind(statusFile: string, now: boolean): Promise<Outcome> {
  const left = findLeftBehind(statusFile);
  return left === null ? {ok: true, text: 'nothing is left of it'} : end(left, now);
}

const describe = ({pids}: LeftBehind): string =>
  `${plural(pids.length, 'process', 'processes')} of a server that was killed still ${pids.length === 1 ? 'runs' : 'run'} (${pids.join(', ')})`;

async function end(left: LeftBehind, now: boolean): Promise<Outcome> {
  const {found, left: remaining} = await endLeftBehind(left, now);
  if (remaining.length > 0) return {ok: false, text: `cannot be ended: ${remaining.join(', ')}; end them as their user or as root`};
  return {ok: true, text: `ended ${plural(found.length, 'process', 'processes')} of a server that was killed`};
}

function canAsk(): boolean {
  const {isatty} = process.getBuiltinModule('node:tty');
  return isatty(0) && isatty(2);
}

/** One line from the terminal; "no" at its end. */
function readAnswer(): string {
  const buffer = Buffer.alloc(256);
  try {
    const read = readSync(0, buffer);
    return read === 0 ? 'no' : buffer.toString('utf8', 0, read).trim();
  } catch {
    return 'no';
  }
}
