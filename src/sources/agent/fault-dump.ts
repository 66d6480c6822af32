/** Reads what Python's faulthandler writes (3.8 to 3.14): the dump on our signal, and the last words of a dying process. Pure. */
import type {Frame} from '../../model/stacks.ts';

export interface FaultThread {
  /** threading.get_ident(), decimal; 0 where the interpreter does not say. */
  ident: string;
  /** The thread that got the signal or made the fault. For a signal that is just whoever the kernel chose. */
  current: boolean;
  /** Python 3.14 prints names. */
  name?: string;
  /** Innermost first; empty for threads that run no Python code (mod_wsgi's idle workers). */
  frames: Frame[];
  /** The thread was inside the garbage collector. */
  collecting: boolean;
}

export interface FaultDump {
  /** `Segmentation fault` and the like; null for a dump on request. */
  fatal: string | null;
  threads: FaultThread[];
}

const FATAL = /^Fatal Python error: (.*)$/;
const THREAD = /^(Current thread|Thread) 0x([0-9a-f]{1,16})(?: \[(.*)\])? \(most recent call first\):?$/;
/** A free-threaded interpreter shows one stack only, and no ident. */
const SINGLE = /^Stack \(most recent call first\):$/;
const FRAME = /^ {2}File (?:"(.*)"|(\?\?\?)), line (\d+|\?\?\?) in (.*)$/;
const MAX_THREADS = 200;
const MAX_FRAMES = 200;

/**
 * The dumps in a file, oldest first. faulthandler writes no end mark: a dump ends where the next "Fatal Python error", or a thread that
 * the current one already has, begins.
 */
export function parseFaultDumps(text: string): FaultDump[] {
  const dumps: FaultDump[] = [];
  let dump: FaultDump | null = null;
  let thread: FaultThread | null = null;
  const open = (fatal: string | null): FaultDump => {
    const fresh: FaultDump = {fatal, threads: []};
    dumps.push(fresh);
    return fresh;
  };
  for (const line of text.split('\n')) {
    const fatal = FATAL.exec(line);
    if (fatal) {
      dump = open(fatal[1]!.slice(0, 300));
      thread = null;
      continue;
    }
    const head = THREAD.exec(line);
    if (head || SINGLE.test(line)) {
      const ident = BigInt(`0x${head?.[2] ?? '0'}`).toString();
      if (!dump || dump.threads.some((one) => one.ident === ident)) dump = open(null);
      const current = head?.[1] !== 'Thread';
      thread = {ident, current, frames: [], collecting: false, ...(head?.[3] ? {name: head[3]} : {})};
      if (dump.threads.length < MAX_THREADS) dump.threads.push(thread);
      continue;
    }
    // Any other unindented line (extension modules, the C stack of 3.14) ends the thread: what follows is not Python's stack.
    if (line !== '' && !line.startsWith('  ')) thread = null;
    if (!thread) continue;
    if (line === '  Garbage-collecting') thread.collecting = true;
    const frame = FRAME.exec(line);
    if (frame && thread.frames.length < MAX_FRAMES) {
      thread.frames.push({file: unescape(frame[1] ?? '???'), line: Number(frame[3]) || 0, func: unescape(frame[4]!)});
    }
  }
  return dumps;
}

/** faulthandler writes everything outside printable ASCII as \xhh, \uhhhh or \Uhhhhhhhh. Its own backslashes are not doubled. */
function unescape(text: string): string {
  return text.replaceAll(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8}))/g, (all, ...codes: (string | undefined)[]) => {
    const code = Number.parseInt(codes[0] ?? codes[1] ?? codes[2]!, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : all;
  });
}
