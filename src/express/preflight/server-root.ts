import {accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync, realpathSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {look, lookAtLink} from '../look.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem} from '../problem.ts';
import {liveOwner} from '../server-root/lock.ts';
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

function runningApache(plan: ServerPlan): number | null {
  try {
    const pid = Number(readFileSync(plan.paths.pidFile, 'latin1').trim());
    if (!Number.isSafeInteger(pid) || pid <= 1) return null;
    process.kill(pid, 0);
    // The number may belong to something else by now; only an Apache counts.
    return readlinkSync(`/proc/${pid}/exe`) === realpathSync(plan.httpd.path) ? pid : null;
  } catch {
    return null;
  }
}

function checkInUse(plan: ServerPlan): Problem[] {
  const {paths} = plan;
  const owner = liveOwner(paths.lock);
  if (owner && owner.pid !== process.pid) {
    return [failure(`server root in use: wsgideck (pid ${owner.pid}) runs in ${paths.root}; stop it first or give another --server-root`)];
  }
  // Set up anew under an Apache that apachectl has started: its next restart reads the new files.
  const apache = plan.options.setupOnly ? null : runningApache(plan);
  if (apache === null) return [];
  return [
    failure(
      `server root in use: Apache (pid ${apache}) runs in ${paths.root}; stop it first (${paths.apachectl} stop) or give another --server-root`,
    ),
  ];
}

function writableAncestor(path: string): Problem[] {
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return [];
  } catch {
    return [failure(`server root cannot be made: ${folder} is not writable for you; give another --server-root`)];
  }
}

/** Is the server root ours to write to, and free; are the socket names in it short enough. */
export function checkServerRoot(plan: ServerPlan): Problem[] {
  const {paths, owner, runUser} = plan;
  const sockets = checkSockets(plan);
  if (sockets.length > 0) return sockets;

  const out = blockedText(dirname(paths.root), runUser, 'enter');
  if (out) return [failure(`server root out of reach: ${out}`)];
  const {info} = lookAtLink(paths.root);
  if (!info) return writableAncestor(paths.root);
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
  return checkInUse(plan);
}
