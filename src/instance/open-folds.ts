import type {ErrorLogParser} from '../sources/logs/error-log-parser.ts';

/** Milliseconds between two looks at folds that wait for their end; none while none waits. */
const EVERY = 100;

/** The parsers of several logs, one for each file: a fold must not be broken by lines of another one. Ends folds that nothing follows. */
export class OpenFolds {
  readonly #parsers: ErrorLogParser[] = [];
  #timer: NodeJS.Timeout | undefined;

  add(parser: ErrorLogParser): void {
    this.#parsers.push(parser);
  }

  /** To be called when a parser has been given lines. */
  later(): void {
    if (!this.#parsers.some((parser) => parser.pending)) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const parser of this.#parsers) parser.flush();
      this.later();
    }, EVERY);
  }

  /** Ends every fold now, complete or not. */
  end(): void {
    for (const parser of this.#parsers) parser.flush(true);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.end();
  }
}
