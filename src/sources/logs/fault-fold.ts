/**
 * Folds what reaches the log without Apache's prefix and yet belongs together: faulthandler's last words of a dying process, and
 * tracebacks printed straight to file descriptor 2 (by C code, or before mod_wsgi has taken over standard error).
 */
import {opensTraceback, TracebackFold} from './traceback-fold.ts';

const FATAL = /^Fatal Python error: /;
const FAULT_LINE =
  /^(?:$|Python runtime state: |(?:Current t|T)hread 0x[0-9a-f]+|Stack \(most recent call first\):| {2}File "| {2}<| {2}\.\.\.|Extension modules: )/;
const MAX_LINES = 5000;

/** Does this line open such a block? */
export function opensFault(text: string): boolean {
  return FATAL.test(text) || /^(?:Current t|T)hread 0x[0-9a-f]+ .*\(most recent call first\):$/.test(text) || opensTraceback(text);
}

export class RawFold {
  readonly kind: 'traceback' | 'stack-dump';
  readonly #traceback: TracebackFold | null;
  readonly #lines: string[];

  constructor(first: string) {
    this.#traceback = opensTraceback(first) ? new TracebackFold(first, -1) : null;
    this.kind = this.#traceback ? 'traceback' : 'stack-dump';
    this.#lines = [first];
  }

  add(text: string): boolean {
    if (this.#traceback) return this.#traceback.add(text, -1);
    if (!FAULT_LINE.test(text) || this.#lines.length >= MAX_LINES) return false;
    this.#lines.push(text);
    return true;
  }

  get lines(): string[] {
    return this.#traceback ? this.#traceback.lines : this.#lines;
  }

  get headline(): string {
    return this.#traceback ? this.#traceback.headline : this.#lines[0]!;
  }
}
