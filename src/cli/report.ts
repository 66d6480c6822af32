import {UsageError} from '../express/usage-error.ts';
import {say} from './say.ts';

/** Something that a user can put right: the line and the exit status. */
export function fail(text: string, status = 1): void {
  say(`error: ${text}`);
  process.exitCode = status;
}

/** Runs the part of a command that reads its arguments; a mistake in them is said, with status 2, and gives null. */
export function reading<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.line}\n`);
    process.exitCode = error.exitCode;
    return null;
  }
}
