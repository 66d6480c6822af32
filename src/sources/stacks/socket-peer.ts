/** Who is at the other end of a socket of a process. Linux. */
import {readFileSync} from 'node:fs';

/** Larger tables are not searched: with that many connections reading them costs more than the answer is worth. In bytes. */
const LARGEST = 2 * 1024 * 1024;

/**
 * The address of the far end, as `127.0.0.1:5432` or `[::1]:5432`; null for sockets that have none (unix, listening) and where it is not told.
 * @param inode the number in `socket:[4711]`.
 */
export function socketPeer(pid: number, inode: string): string | null {
  for (const table of ['tcp', 'tcp6', 'udp', 'udp6']) {
    const row = rowsOf(`/proc/${pid}/net/${table}`).find((one) => one[9] === inode);
    const [address = '', port = ''] = row?.[2]?.split(':') ?? [];
    if (/^0*$/.test(port)) continue;
    return `${addressOf(address)}:${Number.parseInt(port, 16)}`;
  }
  return null;
}

/** The kernel writes addresses as 32-bit words of its own byte order (little-endian on all that matter). `0100007F` is 127.0.0.1. */
export function addressOf(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) =>
    (word.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).toReversed(),
  );
  if (bytes.length === 4) return bytes.join('.');
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return bytes.slice(12).join('.');
  const groups = Array.from({length: 8}, (_, index) => (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16));
  return `[${groups.join(':').replace(/(?:^|:)0(?::0)+(?::|$)/, '::')}]`;
}

function rowsOf(path: string): string[][] {
  try {
    const text = readFileSync(path, 'latin1');
    return text.length > LARGEST
      ? []
      : text
          .split('\n')
          .slice(1)
          .map((line) => line.trim().split(/\s+/));
  } catch {
    return [];
  }
}
