import type {Diagnosis, Place} from '../model/diagnosis.ts';
import type {InstanceInfo} from '../model/events.ts';
import type {LogEntry} from '../model/log.ts';
import type {RestartRecord} from '../model/state.ts';

/** What is known beside the entry itself. */
export interface EntryContext {
  info: InstanceInfo | null;
  restarts: readonly RestartRecord[];
}

/**
 * Who may have said it: `server` Apache and mod_wsgi in the error log or while starting; `error` an exception of the application (a traceback, or
 * its last line alone); `app` any line of the application.
 */
export type Speaker = 'server' | 'error' | 'app';

export type Words = string | ((found: RegExpExecArray, entry: LogEntry, context: EntryContext) => string);

/** One thing that a log says, and what it means. Data: the words to know it by, and the words to explain it. */
export interface LogRule {
  /** Stable name, see `Diagnosis.rule`. */
  rule: string;
  severity: Diagnosis['severity'];
  by: Speaker;
  /** Looked for in the entry's text: of a traceback its headline. */
  match: RegExp;
  /** Has to stand in one of the further lines as well. */
  within?: RegExp;
  /** Of an Apache that does not start: looked for in what it printed. Of the application, Apache's or both versions of mod_wsgi where absent. */
  versions?: '4.x' | '6.x';
  cause: Words;
  remedy: Words;
  /** The line of a file that the words themselves name. */
  place?: (found: RegExpExecArray) => Place;
  /** Looks for the end of the daemon process that is behind it, and says it in the cause. */
  behind?: true;
}

/** The rule's sentence for what was found. */
export function say(words: Words, found: RegExpExecArray, entry: LogEntry, context: EntryContext): string {
  return typeof words === 'string' ? words : words(found, entry, context);
}

/** What `explain` finds, nothing when it fails: a mistake in one rule, or a recording of another version, must not take a screen with it. */
export function guarded<T>(explain: () => readonly T[]): T[] {
  try {
    return [...explain()];
  } catch {
    return [];
  }
}
