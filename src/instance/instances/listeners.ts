import {readdirSync, readFileSync, readlinkSync} from 'node:fs';

export interface Listener {
  /** Null for all addresses. */
  host: string | null;
  port: number;
}

const LISTENING = '0A';

/** TCP ports that a process listens on, lowest first. Null when we may not look (another user's process). */
export function listeners(pid: number): Listener[] | null {
  let inodes: Set<string>;
  try {
    const links = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
    inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch {
    return null;
  }
  const found = new Map<number, Listener>();
  for (const table of ['tcp', 'tcp6']) {
    for (const line of tableOf(pid, table)) {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
      if (state !== LISTENING || !inodes.has(inode)) continue;
      const [address = '', port = ''] = local.split(':');
      const one = {host: hostOf(address), port: Number.parseInt(port, 16)};
      if (!found.has(one.port)) found.set(one.port, one);
    }
  }
  return [...found.values()].toSorted((a, b) => a.port - b.port);
}

/** What a Listen directive says: `[ADDRESS:]PORT`. Null for anything else. */
export function listenerOf(address: string | undefined): Listener | null {
  const [, host, port] = /^(?:(.*):)?(\d+)$/.exec(address ?? '') ?? [];
  return port === undefined ? null : {host: host?.replace(/^\[(.*)\]$/, '$1') || null, port: Number(port)};
}

/** What a browser would be given; the scheme of an unusual port is a guess. */
export function urlOf({host, port}: Listener): string {
  const name = host === null ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  if (port === 80) return `http://${name}/`;
  return port === 443 ? `https://${name}/` : `http://${name}:${port}/`;
}

/** The process's own view of the network: it may live in a container. */
function tableOf(pid: number, table: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/net/${table}`, 'latin1').split('\n').slice(1);
  } catch {
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** The kernel writes addresses as words of 32 bits in the machine's order of bytes, which is little-endian wherever we run. */
function hostOf(hex: string): string | null {
  if (/^0+$/.test(hex)) return null;
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).toReversed().map((one) => Number.parseInt(one, 16)));
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 12).join(',') === '0,0,0,0,0,0,0,0,0,0,255,255';
  if (mapped) return bytes.slice(12).join('.');
  if (bytes.every((byte, i) => byte === (i === 15 ? 1 : 0))) return '::1';
  const groups = Array.from({length: 8}, (_, i) => ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16));
  return groups.join(':');
}
