import {existsSync, readdirSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, warning, type Problem} from '../problem.ts';
import {holdsLock, liveOwner, lockedNow, releaseLock, tryLock, type LockOwner} from './lock.ts';
import {namedApache, pidFileOf} from './pid-file.ts';
import {isStoppedNow, stoppedText} from './stopped-owner.ts';
import {makeMissing, removeServerRoot} from './write-server-root.ts';

/** Milliseconds between two looks at somebody who is about to go. */
const LOOK = 25;
/** Beyond the grace time of an Apache that a guard is stopping, in milliseconds: the guard then kills what is left. */
const LONGER = 5000;
/** Milliseconds for an Apache whose guard was killed as well: the kernel has told it to stop. */
const ALONE = 10_000;
/** Milliseconds for somebody whose start came to nothing to take a folder away. */
const REMOVED = 500;
/** Milliseconds after which the wait is mentioned. */
const SILENT = 700;
/** Milliseconds until two that have written into a lock file at once both see the last of them: only where the kernel has no locks. */
const SETTLE = 150;

export interface Claim {
  /** With an error among them the server root is somebody else's. */
  problems: Problem[];
}

export interface Claiming {
  /** Shows one line to the person who waits. */
  say?: (text: string) => void;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/**
 * Takes the lock of a server root before anything is written there. Of any number of starts one gets it; the others are told who has it. What an
 * earlier server has left (its supervisor was killed, and its guard is stopping Apache) is waited for, while we hold the lock.
 * @throws the system's error when the folder or its lock cannot be made.
 */
export async function claimServerRoot(plan: ServerPlan, {say = () => {}, signal}: Claiming = {}): Promise<Claim> {
  const {paths} = plan;
  const begun = performance.now();
  const existed = existsSync(paths.root);
  let told = false;
  for (;;) {
    const {problem, leaving, problems} = await look(plan);
    if (problem === null) return {problems};
    const waited = performance.now() - begun;
    if (leaving === null || waited > leaving.patience || signal?.aborted) {
      giveBack(plan, existed);
      return {problems: [problem]};
    }
    if (!told && waited > SILENT) {
      told = true;
      say(`waiting: ${leaving.text}`);
    }
    await sleep(LOOK, undefined, signal ? {signal} : {}).catch(() => {});
  }
}

/** After a claim that came to nothing: a folder that we have made, and nobody uses, goes as well. */
function giveBack(plan: ServerPlan, existed: boolean): void {
  const {root, lock} = plan.paths;
  if (!existed && holdsLock(lock) && readdirSync(root).join() === 'wsgideck') removeServerRoot(plan);
  else releaseLock(lock);
}

const REMEDY = 'stop it first or give another --server-root';

interface Look {
  /** What stands in the way, for good or still; null when the server root is ours. */
  problem: Problem | null;
  /** That is about to go: in words, and for how many milliseconds it is waited for. */
  leaving: {text: string; patience: number} | null;
  /** Warnings. */
  problems: Problem[];
}

async function look(plan: ServerPlan): Promise<Look> {
  const {paths} = plan;
  const patience = plan.graceSeconds * 1000 + LONGER;
  const refused = (problem: Problem): Look => ({problem, leaving: null, problems: []});
  const goes = (text: string): Look => ({...refused(failure(`server root in use: ${text}; ${REMEDY}`)), leaving: {text, patience}});
  let attempt;
  try {
    for (const folder of [paths.root, paths.deck]) makeMissing(folder, 0o700);
    attempt = tryLock(paths.lock);
  } catch (error) {
    // Somebody whose start came to nothing has just taken the folder away.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    // Not for long: below a dangling link, or where the kernel takes no folders, it stays like that.
    const text = `the folder ${paths.root} is being removed`;
    return {
      ...refused(failure(`server root cannot be made: ${(error as Error).message}; give another --server-root`)),
      leaving: {text, patience: REMOVED},
    };
  }
  if (!attempt.ours && attempt.owner === null)
    return goes(`a process that cannot be seen from here (in another container?) holds ${paths.lock}`);
  if (!attempt.ours) return refused(inUse(plan, attempt.owner!));
  if (!attempt.kernel) {
    await sleep(SETTLE);
    const owner = liveOwner(paths.lock);
    if (owner !== null && owner.pid !== process.pid) return refused(inUse(plan, owner));
  }
  const free: Look = {problem: null, leaving: null, problems: attempt.kernel ? [] : [withoutLocks(paths.root)]};
  if (plan.options.setupOnly) return free;
  const apache = namedApache(pidFileOf(plan));
  if (apache !== null && !apache.ours)
    return refused(failure(`pid file in use: ${paths.pidFile} is that of Apache (pid ${apache.pid}); give another --pid-file`));
  if (existsSync(paths.guardStatus) && lockedNow(paths.guardStatus) === 'busy') {
    const what = apache === null ? 'what is left' : `Apache (pid ${apache.pid})`;
    return goes(`the supervisor in ${paths.root} was killed, and its guard is still stopping ${what}`);
  }
  if (apache === null) return free;
  const text = `Apache (pid ${apache.pid}) in ${paths.root} has lost its supervisor and its guard, and is about to stop`;
  return {...refused(apacheInUse(plan, apache.pid)), leaving: apache.supervised ? {text, patience: ALONE} : null};
}

/** That a wsgideck runs in this server root. */
export const inUse = ({paths}: ServerPlan, {pid}: LockOwner): Problem =>
  failure(
    isStoppedNow(pid)
      ? `server root in use: in ${paths.root} ${stoppedText(pid)}, or end it with: wsgideck stop ${paths.root}`
      : `server root in use: wsgideck (pid ${pid}) runs in ${paths.root}; ${REMEDY}`,
  );

/** That an Apache runs there which no wsgideck watches over. */
export const apacheInUse = ({paths}: ServerPlan, pid: number): Problem =>
  failure(
    `server root in use: Apache (pid ${pid}) runs in ${paths.root}; stop it first (${paths.apachectl} stop) or give another --server-root`,
  );

const withoutLocks = (root: string): Problem =>
  warning(`no file locks in ${root}: two starts at the same moment may not notice each other; use a --server-root on a local disk`);
