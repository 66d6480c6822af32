import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {AGENT_FILES, nativeAsset} from '../../express/assets.ts';
import {blockedAt} from '../../express/preflight/reachable.ts';
import type {RunUser} from '../../express/discovery/accounts.ts';
import {isHeld, lockedNow, tryLock} from '../../express/server-root/lock.ts';
import {findLeftBehind} from '../left-behind.ts';

/** What we need beside a server root that is not ours: all of it in one folder that lives as long as the run. */
export interface PrivateFolder {
  path: string;
  controlSocket: string;
  agentSocket: string;
  agentScript: string;
  /** The agents' slot and fault files. */
  run: string;
  accessLog: string;
  /** Stands for the newest of the error logs when they are rotated. */
  rotatedLog: string;
  guardStatus: string;
  /** For --include-file. */
  include: string;
  /** What the original and Apache print. */
  console: string;
}

const NAME = /^wsgideck-run-[A-Za-z0-9]{6}$/;
/** Sockets must fit into 108 bytes, with `/control.sock` and what mkdtemp adds. */
const LONGEST = 70;

/**
 * Makes the folder where the run user can get at it: readable for its group, for nobody else.
 * @param runUser who the daemons run as when that is not the caller (who is root then).
 * @throws Error when there is no place for it.
 */
export function makePrivateFolder(tmpdir: string, runUser: RunUser | null): PrivateFolder {
  const fits = (place: string) => place.length <= LONGEST && (runUser === null || blockedAt(place, runUser, 'enter') === null);
  const place = [tmpdir, '/tmp', '/var/tmp'].find(fits);
  if (place === undefined) throw new Error(`no temporary directory that ${runUser?.name ?? 'Apache'} can enter; set TMPDIR to one`);
  removeStale(place);
  const path = mkdtempSync(join(place, 'wsgideck-run-'));
  const folder: PrivateFolder = {
    path,
    controlSocket: join(path, 'control.sock'),
    agentSocket: join(path, 'agent.sock'),
    agentScript: join(path, 'agent.py'),
    run: join(path, 'run'),
    accessLog: join(path, 'access.log'),
    rotatedLog: join(path, 'error.log'),
    guardStatus: join(path, 'guard.status'),
    include: join(path, 'include.conf'),
    console: join(path, 'console'),
  };
  try {
    fill(folder, runUser);
  } catch (error) {
    removePrivateFolder(path);
    throw error;
  }
  return folder;
}

function fill(folder: PrivateFolder, runUser: RunUser | null): void {
  const {path} = folder;
  tryLock(join(path, 'lock'));
  mkdirSync(folder.run, {mode: 0o700});
  const agent = AGENT_FILES.map((name) => join(path, name));
  for (const [i, name] of AGENT_FILES.entries()) copyFileSync(nativeAsset(name), agent[i]!);
  for (const file of agent) chmodSync(file, 0o600);
  for (const file of [folder.accessLog, folder.console]) writeFileSync(file, '', {mode: 0o600, flag: 'wx'});
  if (runUser !== null) {
    chownSync(folder.run, runUser.uid, runUser.gid);
    for (const one of [path, ...agent]) chownSync(one, 0, runUser.gid);
    for (const file of agent) chmodSync(file, 0o640);
    chmodSync(path, 0o750);
  }
}

/**
 * Takes it away. Only what we know to be in it is touched, and nothing deeper than `run/`, which belongs to the daemons' user: whatever that has put
 * there besides stays, and the folder with it.
 */
export function removePrivateFolder(path: string): void {
  empty(join(path, 'run'));
  empty(path);
}

function empty(folder: string): void {
  try {
    for (const name of readdirSync(folder)) {
      const one = join(folder, name);
      if (!lstatSync(one).isDirectory()) unlinkSync(one);
    }
    rmdirSync(folder);
  } catch {
    // Not there, or not empty.
  }
}

/** Folders of runs of which only children live on, after a kill -9 of all that watched over them: `pids`. */
export function leftBehindRuns(place: string): {path: string; pids: number[]}[] {
  return readdirSync(place)
    .filter((one) => NAME.test(one))
    .flatMap((name) => {
      const path = join(place, name);
      const left = findLeftBehind(join(path, 'guard.status'));
      return left === null ? [] : [{path, pids: left.pids}];
    });
}

/** Folders of runs whose supervisor was killed: nobody else could take them away. */
function removeStale(place: string): void {
  for (const name of readdirSync(place).filter((one) => NAME.test(one))) {
    const path = join(place, name);
    const info = lstatSync(path, {throwIfNoEntry: false});
    const ours = info?.isDirectory() && info.uid === process.getuid?.();
    if (!ours || lstatSync(join(path, 'lock'), {throwIfNoEntry: false}) === undefined) continue;
    // By its guard's record `wsgideck stop` knows what lives on.
    if (findLeftBehind(join(path, 'guard.status')) !== null) continue;
    // The guard of a supervisor that was killed needs it until Apache has gone.
    if (!isHeld(join(path, 'lock')) && lockedNow(join(path, 'guard.status')) !== 'busy') removePrivateFolder(path);
  }
}
