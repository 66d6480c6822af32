/** What a thread that does not move waits in, in plain words. Pure. */
import type {Frame} from '../../model/stacks.ts';
import type {KernelThread} from '../../sources/stacks/kernel-threads.ts';
import type {WaitKind} from '../../sources/stacks/syscalls.ts';

interface Hint {
  /** Functions of Python's own library that wait, and where they are. */
  file?: RegExp;
  func?: RegExp;
  /** A call in the source line of the innermost frame: what is written in C has no frame of its own. */
  call?: RegExp;
  /** System calls it sleeps in; others say that it is something else on that line. */
  kinds: readonly WaitKind[];
  words: string;
}

const ON_NETWORK: readonly WaitKind[] = ['network', 'events', 'file'];
const ON_LOCK: readonly WaitKind[] = ['lock'];

/** What a request waits in that somebody debugs. */
export const AT_PROMPT = 'the debugger prompt: somebody looks at it';

/** The most telling first: a queue waits in a condition, a condition in a lock. */
const HINTS: readonly Hint[] = [
  {
    file: /\/concurrent\/futures\/_base\.py$/,
    func: /^(?:result|exception|wait|as_completed)$/,
    kinds: ON_LOCK,
    words: 'the result of a future',
  },
  {file: /\/queue\.py$/, func: /^get$/, kinds: ON_LOCK, words: 'queue.get: nothing comes'},
  {file: /\/queue\.py$/, func: /^put$/, kinds: ON_LOCK, words: 'queue.put: the queue is full'},
  {file: /\/(?:cmd|pdb|bdb|code)\.py$/, kinds: [], words: AT_PROMPT},
  {file: /\/multiprocessing\//, kinds: [], words: 'another process (multiprocessing)'},
  {file: /\/subprocess\.py$/, kinds: [], words: 'a child process'},
  {file: /\/ssl\.py$/, func: /^do_handshake$/, kinds: [], words: 'a TLS handshake'},
  {file: /\/ssl\.py$/, func: /^(?:read|recv|recv_into)$/, kinds: [], words: 'socket.recv (TLS)'},
  {file: /\/ssl\.py$/, func: /^(?:write|send|sendall)$/, kinds: [], words: 'socket.send (TLS)'},
  {file: /\/socket\.py$/, func: /^getaddrinfo$/, kinds: [], words: 'socket.getaddrinfo: a host name that does not resolve'},
  {file: /\/socket\.py$/, func: /^create_connection$/, kinds: [], words: 'socket.connect'},
  {file: /\/socket\.py$/, func: /^(?:readinto|recv)/, kinds: [], words: 'socket.recv'},
  {file: /\/socket\.py$/, func: /^accept$/, kinds: [], words: 'socket.accept'},
  {file: /\/asyncio\/[a-z_]+\.py$/, kinds: [], words: 'the event loop of asyncio'},
  {file: /\/selectors\.py$/, kinds: [], words: 'select: no descriptor is ready'},
  {file: /\/threading\.py$/, func: /^(?:join|_wait_for_tstate_lock)$/, kinds: [], words: 'Thread.join: another thread has to end'},
  {file: /\/threading\.py$/, func: /^wait(?:_for)?$/, kinds: [], words: 'a condition or event of another thread'},
  {file: /\/threading\.py$/, func: /^(?:acquire|__enter__)$/, kinds: [], words: 'acquiring a lock'},
  {call: /\bsleep\s*\(/, kinds: ['sleep', 'events', 'lock'], words: 'time.sleep'},
  {
    call: /\.(?:execute|executemany|executescript|commit|rollback)\s*\(|^with\s+[\w.]*(?:conn|connection|db|database)\s*:/,
    kinds: ['sleep'],
    words: 'a database call that sleeps and tries again: SQLite waits for a lock',
  },
  {
    // The last two are psycopg's and MySQLdb's own.
    call: /\.(?:execute|executemany|executescript|commit|rollback|fetch\w*)\s*\(|\bwaiting\.wait\s*\(|\b_mysql\.connection\.query\s*\(/,
    kinds: ON_NETWORK,
    words: 'a database call: the server has not answered',
  },
  {call: /\.(?:recv|recv_into|recvfrom|recvmsg)\s*\(/, kinds: ON_NETWORK, words: 'socket.recv'},
  {call: /\.(?:send|sendall|sendfile)\s*\(/, kinds: ON_NETWORK, words: 'socket.send'},
  {call: /\.accept\s*\(/, kinds: ON_NETWORK, words: 'socket.accept'},
  {call: /\b(?:connect|create_connection|urlopen)\s*\(/, kinds: ON_NETWORK, words: 'socket.connect'},
  {call: /\bgetaddrinfo\s*\(|\bgethostby\w+\s*\(/, kinds: [...ON_NETWORK, 'lock'], words: 'a host name that does not resolve'},
  {call: /\.acquire\s*\(|^(?:async\s+)?with\b.*\b\w*(?:lock|mutex|semaphore|cond)\w*\b/i, kinds: ON_LOCK, words: 'acquiring a lock'},
  {call: /\.join\s*\(/, kinds: ON_LOCK, words: 'Thread.join: another thread has to end'},
  {call: /\bflock\s*\(|\blockf\s*\(|\bfcntl\s*\(/, kinds: ['lock'], words: 'a file lock'},
  {call: /\b(?:select|poll)\s*\(/, kinds: ['events'], words: 'select: no descriptor is ready'},
  {call: /\bwait(?:pid|id|3|4)?\s*\(|\bsystem\s*\(|\.communicate\s*\(/, kinds: ['child', 'events', 'lock'], words: 'a child process'},
  {call: /\bread\w*\s*\(/, kinds: ['file', 'events', 'network'], words: 'read'},
  {call: /\bwrite\w*\s*\(/, kinds: ['file', 'events', 'network'], words: 'write'},
];

const BY_KIND: Record<WaitKind, string> = {
  lock: 'a lock, inside a call into C',
  sleep: 'a sleep, inside a call into C',
  events: 'a file descriptor that is not ready, inside a call into C',
  network: 'the network',
  file: 'reading or writing a file',
  child: 'a child process',
  other: 'something outside of Python',
};

/** Who asks over HTTP reads from a socket in the end. */
const HTTP = /\/(?:http\/client|urllib\/request|urllib3\/\w+|requests\/\w+|httpx\/\w+|aiohttp\/\w+)\.py$/;
/** Drivers that are written in Python down to the socket. */
const DATABASE = /\/(?:pymysql|mysql\/connector|pg8000)\/\w+\.py$/;
const ON_WIRE = /^socket\.recv/;

/** Frames of the library that are looked at, from the innermost. */
const DEEP = 4;
/** How many wake-ups a second make waiting a loop. */
const OFTEN = 1;

/**
 * @param frames innermost first, with source lines where they could be read.
 * @param kernel what the kernel says of the thread at the same moment, if anything.
 * @param wakes how often a second the thread has woken up between the samples.
 * @returns for example `socket.recv (socket:[4711])`; never empty.
 */
export function waitsIn(frames: readonly Frame[], kernel: KernelThread | null, wakes = 0): string {
  const kind = kernel?.call?.kind ?? null;
  const words = HINTS.find((hint) => fits(hint, frames, kind))?.words ?? (kind === null ? BY_KIND.other : BY_KIND[kind]);
  const of = frames.some((one) => HTTP.test(one.file))
    ? 'an HTTP server'
    : frames.some((one) => DATABASE.test(one.file))
      ? 'the database'
      : '';
  const asked = of !== '' && ON_WIRE.test(words) ? `: ${of} has not answered` : '';
  const target = kernel?.target && !kernel.target.startsWith('anon_inode') ? ` (${kernel.target})` : '';
  return `${words}${asked}${target}${wakes >= OFTEN ? `, over and over (${Math.round(wakes)} times a second)` : ''}`;
}

/** Is the innermost frame in a call that is known to wait with the interpreter free. */
export function looksLikeWaiting(frames: readonly Frame[]): boolean {
  return HINTS.some((hint) => fits(hint, frames, null));
}

function fits({file, func, call, kinds}: Hint, frames: readonly Frame[], kind: WaitKind | null): boolean {
  if (kind !== null && kinds.length > 0 && !kinds.includes(kind)) return false;
  if (call) return call.test(frames[0]?.source ?? '');
  // Only as long as it is the library that waits: below the application's frames it is who called.
  const library = frames.findIndex((one) => !LIBRARY.test(one.file));
  return frames
    .slice(0, Math.min(DEEP, library === -1 ? DEEP : library))
    .some((one) => file!.test(one.file) && (!func || func.test(one.func)));
}

const LIBRARY = /\/lib(?:64)?\/python\d[\d.]*t?\/(?!site-packages|dist-packages)/;
