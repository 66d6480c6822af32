import {existsSync, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {liveOwner} from '../server-root/lock.ts';

const LISTENING = '0A';

/** Inode numbers of the sockets that listen on a port (Linux). */
function listeningInodes(port: number): Set<string> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    if (!existsSync(table)) continue;
    for (const line of readFileSync(table, 'latin1').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] === LISTENING && fields[1]?.endsWith(`:${wanted}`)) inodes.add(fields[9]!);
    }
  }
  return inodes;
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try {
        return inodes.has(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? '');
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** The process that listens on a port, the oldest one where several share it; null when it belongs to somebody else or there is no /proc. */
function ownerOf(port: number): number | null {
  const inodes = listeningInodes(port);
  if (inodes.size === 0 || !existsSync('/proc/self/fd')) return null;
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && holds(name, inodes))
    .map(Number);
  return pids.length > 0 ? Math.min(...pids) : null;
}

/** Apache's parent has another parent than init under a guard, and its children have Apache's. */
function isOrphan(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] === '1';
  } catch {
    return false;
  }
}

/** Who listens on a port, in words: one of ours by its server root, anybody else by name and process id. */
export function describeOwner(port: number): string {
  const pid = ownerOf(port);
  if (pid === null) return "by a process of another user's";
  let words: string[] = [];
  try {
    words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    // It has ended in the meantime.
  }
  const conf = words[words.indexOf('-f') + 1];
  if (words.includes('-f') && conf && basename(conf) === 'httpd.conf') {
    const root = dirname(conf);
    const supervisor = liveOwner(join(root, 'wsgideck', 'lock'));
    if (supervisor) return `by another wsgideck (pid ${supervisor.pid}, server root ${root})`;
    if (isOrphan(pid) && existsSync(join(root, 'wsgideck', 'guard.status')))
      return `by what is left of a server that was killed (pid ${pid}, server root ${root}; wsgideck stop ${root} ends it)`;
    if (existsSync(join(root, 'handler.wsgi'))) return `by an Apache with mod_wsgi (pid ${pid}, server root ${root})`;
  }
  return `by ${basename((words[0] ?? '').split(' ')[0] ?? '') || 'a process'} (pid ${pid})`;
}
