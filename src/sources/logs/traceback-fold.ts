/**
 * Recognises the lines that make up one Python traceback, one line at a time. Pure; one instance follows one thread's lines.
 *
 * ```
 * intro     mod_wsgi (pid=9): Exception occurred processing WSGI script '/srv/app/app.wsgi'.
 * body      Traceback (most recent call last): / indented lines
 * headline  ValueError: bad
 * link      The above exception was the direct cause … / During handling of …       (and again from body)
 * ```
 */

const INTRO =
  /^(?:mod_wsgi \([^)]*\): |WSGI\d{4}: )?(?:.*exception raised (?:by|processing) |Exception occurred |SystemExit exception raised |Failed to exec |Could not read\/compile |Could not read or compile |Unable to execute Python script |Exception in thread |Exception ignored in|[\w.]+ exception raised )/;
const START = /^(?:Traceback \(most recent call last\):| {2}\+ Exception Group Traceback \(most recent call last\):)$/;
const FRAME = /^ {2}File "/;
const LINK =
  /^(?:The above exception was the direct cause of the following exception:|During handling of the above exception, another exception occurred:)$/;
const HEADLINE = /^[A-Za-z_][\w.<>]*(?:: |$)/;
const NAMED = /(?:^|: )([\w.]+) exception raised /;
const GROUP_HEADLINE = /^ {2,}\| ([A-Za-z_][\w.]*(?:: .*)?)$/;
/** mod_wsgi names the module of a script file by a hash of its path; that part says nothing to a reader. */
const SCRIPT_MODULE = /^_mod_wsgi_[0-9a-f]{16,}\./;

/** Microseconds between lines of one write; a separate print() of the same thread measured 37 and more. */
const SAME_WRITE = 15;
const MAX_LINES = 2000;

type Stage = 'intro' | 'body' | 'done';

/** Does this line open a traceback? */
export function opensTraceback(text: string): boolean {
  return START.test(text) || FRAME.test(text) || INTRO.test(text);
}

export class TracebackFold {
  readonly lines: string[] = [];
  #stage: Stage;
  #headline: string | null = null;
  /** An empty line after the headline belongs to us only when a link or a message line follows. */
  #blank = false;
  #micros: number;
  #sawBody = false;

  constructor(first: string, micros: number) {
    this.lines.push(first);
    this.#micros = micros;
    this.#stage = START.test(first) || FRAME.test(first) ? 'body' : 'intro';
    this.#sawBody = this.#stage === 'body';
  }

  /** Takes the line if it belongs to this traceback; false means that the fold is over and the line is something else. */
  add(text: string, micros: number): boolean {
    if (this.lines.length >= MAX_LINES) return false;
    const near = this.#micros >= 0 && micros >= this.#micros && micros - this.#micros <= SAME_WRITE;
    if (!this.#takes(text, near)) return false;
    this.#micros = micros;
    return true;
  }

  #takes(text: string, near: boolean): boolean {
    if (this.#stage === 'intro') return this.#takesAfterIntro(text);
    if (this.#stage === 'body') {
      if (text.startsWith(' ') || text === '') {
        const group = this.#headline === null ? GROUP_HEADLINE.exec(text) : null;
        if (group) this.#headline = group[1]!;
        return this.#keep(text);
      }
      // An exception group has no line of its own at the left margin: what stands there is the next message.
      if (this.#headline !== null && !HEADLINE.test(text)) return false;
      if (LINK.test(text) || START.test(text)) return this.#keep(text);
      this.#headline = text;
      this.#stage = 'done';
      return this.#keep(text);
    }
    return this.#takesAfterHeadline(text, near);
  }

  #takesAfterIntro(text: string): boolean {
    if (START.test(text) || FRAME.test(text)) {
      this.#stage = 'body';
      this.#sawBody = true;
      return this.#keep(text);
    }
    // 6.x on Python before 3.12 has no traceback to print: the exception follows its announcement at once.
    const named = NAMED.exec(this.lines.at(-1)!)?.[1];
    const name = /^[\w.<>]+/.exec(text)?.[0];
    if (named !== undefined && name !== undefined && HEADLINE.test(text) && name.split('.').at(-1) === named.split('.').at(-1)) {
      this.#headline = text;
      this.#stage = 'done';
      return this.#keep(text);
    }
    return INTRO.test(text) && this.#keep(text);
  }

  #takesAfterHeadline(text: string, near: boolean): boolean {
    if (text === '' && !this.#blank) {
      this.#blank = true;
      return true;
    }
    if (LINK.test(text)) {
      this.#stage = 'body';
      this.#sawBody = true;
      this.#headline = null;
      return this.#keep(text);
    }
    // Further lines of a message with line ends in it come out of the same write.
    return near && !opensTraceback(text) && this.#keep(text);
  }

  #keep(text: string): true {
    if (this.#blank) this.lines.push('');
    this.#blank = false;
    this.lines.push(text);
    return true;
  }

  /** An empty line was taken on trust and nothing claimed it: it has to be given back as a line of its own. */
  get trailingBlank(): boolean {
    return this.#blank;
  }

  /** False for an announcement without a traceback or exception after it: then it is just a line (or several). */
  get complete(): boolean {
    return this.#headline !== null || this.#sawBody;
  }

  /** The exception in one line, such as `ValueError: bad`. */
  get headline(): string {
    return (this.#headline ?? this.lines.at(-1)!).replace(SCRIPT_MODULE, '');
  }
}
