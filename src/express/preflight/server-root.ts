import {accessSync, constants, existsSync, lstatSync, readdirSync, readFileSync, statfsSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {look, lookAtLink} from '../look.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem} from '../problem.ts';
import {inTheWay} from '../regular-file.ts';
import {apacheInUse, inUse} from '../server-root/claim.ts';
import {holderOf} from '../server-root/lock.ts';
import {namedApache, pidFileOf} from '../server-root/pid-file.ts';
import {blockedText} from './reachable.ts';

/** Bytes of a unix socket's path on Linux without its final NUL; macOS allows 103. */
const SOCKET_LIMIT = process.platform === 'darwin' ? 103 : 107;

const bytes = (text: string): number => Buffer.byteLength(text);

function longestPid(): number {
  try {
    return readFileSync('/proc/sys/kernel/pid_max', 'latin1').trim().length;
  } catch {
    return 7;
  }
}

/** mod_wsgi cuts a name that is too long, and then answers 503 to everything, without an error at the start. */
function checkSockets({paths, runUser, options}: ServerPlan): Problem[] {
  const daemon = bytes(paths.socketPrefix) + '.'.length + longestPid() + `.u${runUser.uid}.1.sock`.length;
  if (daemon > SOCKET_LIMIT) {
    const cure =
      options.socketPrefix === null
        ? 'give a shorter --server-root, or --socket-prefix with a short directory'
        : 'give a shorter --socket-prefix';
    return [
      failure(
        `socket path too long: ${paths.socketPrefix}.PID.u${runUser.uid}.1.sock may take ${daemon} bytes of ${SOCKET_LIMIT}; ${cure}`,
      ),
    ];
  }
  const control = bytes(paths.controlSocket);
  if (control > SOCKET_LIMIT) {
    return [
      failure(`socket path too long: ${paths.controlSocket} takes ${control} bytes of ${SOCKET_LIMIT}; give a shorter --server-root`),
    ];
  }
  if (options.socketPrefix === null) return [];
  const folder = dirname(paths.socketPrefix);
  if (look(folder).kind !== 'directory') {
    return [failure(`socket prefix not found: there is no directory ${folder}; create it or correct --socket-prefix`)];
  }
  const blocked = blockedText(folder, runUser, 'enter');
  return blocked ? [failure(`socket prefix out of reach: ${blocked}`)] : [];
}

/** What is sure before anything is written; only the lock itself settles it (claimServerRoot). */
function checkInUse(plan: ServerPlan): Problem[] {
  const owner = holderOf(plan.paths.lock);
  if (owner !== null) return [inUse(plan, owner)];
  // Set up anew under an Apache that apachectl has started: its next restart reads the new files.
  const apache = plan.options.setupOnly ? null : namedApache(pidFileOf(plan));
  return apache?.ours && !apache.supervised ? [apacheInUse(plan, apache.pid)] : [];
}

/** File systems in which nobody can make a folder: proc and sysfs (statfs(2)). */
const KERNELS = new Set([0x9fa0, 0x62656572]);

/** Why a server root that is not there cannot be made; nothing when it can. */
function checkAncestor(path: string): Problem[] {
  const refuse = (reason: string) => [failure(`server root cannot be made: ${reason}; give another --server-root`)];
  let folder = dirname(path);
  while (lookAtLink(folder).kind === 'missing') folder = dirname(folder);
  const {kind} = look(folder);
  if (kind === 'missing') return refuse(`${folder} is a link to something that is not there`);
  if (kind === 'file' || kind === 'other') return refuse(`${folder} is not a directory`);
  try {
    if (KERNELS.has(statfsSync(folder).type)) return refuse(`${folder} is the kernel's, and takes no folders`);
    accessSync(folder, constants.W_OK | constants.X_OK);
    return [];
  } catch {
    return refuse(`${folder} is not writable for you`);
  }
}

/**
 * Files that a start makes or reads: what else has their names would hold it up for ever (a named pipe), or make it fail half way. Links are removed or
 * followed where nothing of ours is written through them.
 */
function checkNames(plan: ServerPlan): Problem[] {
  const {paths} = plan;
  const logs = plan.rotation === null ? [paths.errorLog, paths.accessLog, ...plan.services.map(({log}) => log)] : [];
  const written = [
    paths.conf,
    paths.rewrite,
    paths.handler,
    paths.apachectl,
    paths.envvars,
    paths.startupLog,
    paths.deckAccessLog,
    paths.lock,
    paths.serviceList,
    paths.telemetryScript,
    ...plan.resources.map(({file}) => file),
    ...logs,
  ];
  const ours = written.filter((path): path is string => path?.startsWith(`${paths.root}/`) === true);
  const found = ours.map(inTheWay).find((text) => text !== null);
  const other = [paths.pidFile, paths.guardStatus, paths.output].map(noFile).find((text) => text !== null);
  const text = found ?? other;
  return text ? [failure(`server root cannot be written: ${text}`)] : [];
}

function noFile(path: string): string | null {
  try {
    const info = lstatSync(path, {throwIfNoEntry: false});
    return info?.isSymbolicLink() ? null : inTheWay(path);
  } catch {
    return null;
  }
}

/** Is the server root ours to write to, and free; are the socket names in it short enough. */
export function checkServerRoot(plan: ServerPlan): Problem[] {
  const {paths, owner, runUser} = plan;
  const sockets = checkSockets(plan);
  if (sockets.length > 0) return sockets;

  const {info} = lookAtLink(paths.root);
  const unmade = info ? [] : checkAncestor(paths.root);
  if (unmade.length > 0) return unmade;
  const out = blockedText(dirname(paths.root), runUser, 'enter');
  if (out) return [failure(`server root out of reach: ${out}`)];
  if (!info) return [];
  if (info.isSymbolicLink()) return [failure(`server root is a link: ${paths.root}; give the directory itself with --server-root`)];
  if (!info.isDirectory()) return [failure(`server root is not a directory: ${paths.root}; give another --server-root`)];
  if (info.uid !== owner.uid) {
    return [
      failure(
        `server root belongs to somebody else: ${paths.root} is owned by user ${info.uid}, you are ${owner.uid}; remove it or give another --server-root`,
      ),
    ];
  }
  const content = readdirSync(paths.root);
  // We set the directory's mode and write into it; a directory with a life of its own would suffer from that.
  if (content.length > 0 && !content.includes('httpd.conf') && !existsSync(join(paths.root, 'wsgideck'))) {
    return [
      failure(
        `server root holds other files: ${paths.root} is not a server root (${content[0]}); give a new or empty directory with --server-root`,
      ),
    ];
  }
  const inUse = checkInUse(plan);
  return inUse.length > 0 ? inUse : checkNames(plan);
}
