/** Python stacks, whoever took them, and the request each one belongs to. */

export interface Frame {
  file: string;
  line: number;
  func: string;
  /** The source line's text where it could be read. */
  source?: string;
}

export interface ThreadStack {
  /** Python thread ident as a decimal string (it exceeds 2^53 on some platforms); the key that joins stack and request. */
  ident: string;
  name?: string;
  /** Innermost frame first. */
  frames: Frame[];
  /** The request this thread is serving, joined by ident. */
  request?: RequestRef;
  /** Kernel's thread id, and what the kernel says it is at ("sleeping in futex"): in `proc` captures, and in others of threads with a request. */
  tid?: number;
  kernel?: string;
}

export interface RequestRef {
  id: string;
  method: string;
  url: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/**
 * How the stacks were had, said on the screen each time:
 * `agent` asked politely; `faulthandler` by real-time signal, without the GIL; `mod_wsgi` its own dump in the error log;
 * `crash` faulthandler's last words of a dying process; `pystack` and `py-spy` those programs, where installed; `proc` only what the kernel
 * tells of the threads (state, system call), no Python frames.
 */
export type StackMethod = 'agent' | 'faulthandler' | 'mod_wsgi' | 'crash' | 'pystack' | 'py-spy' | 'proc';

/** Why the stacks were taken. */
export type StackCause = 'asked' | 'request-timeout' | 'wedged' | 'stopping' | 'crash' | 'early';

export interface StackCapture {
  /** Unique within the instance, counted up. */
  id: number;
  at: number;
  pid: number;
  processGroup?: string;
  method: StackMethod;
  cause: StackCause;
  /** One line for people, for example "request timeout: GET /slow after 60.2 s". */
  title: string;
  /** Ident of the thread that holds the interpreter or crashed, where that is known. */
  culprit?: string;
  threads: ThreadStack[];
  /** What these stacks do not cover, in one line: other interpreters, threads without Python frames. */
  uncovered?: string;
}

/** What a list needs of a capture; the threads are fetched when one is opened. */
export interface StackSummary {
  id: number;
  at: number;
  pid: number;
  method: StackMethod;
  cause: StackCause;
  title: string;
  /** Number of threads, and of those that serve a request. */
  threads: number;
  requests: number;
}
