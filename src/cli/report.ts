import {UsageError} from '../express/usage-error.ts';
import {say} from './say.ts';

/** Something that a user can put right: the line and the exit status. */
export function fail(text: string, status = 1): void {
  say(`error: ${text}`);
  process.exitCode = status;
}

/** What is wrong with the words of a command line that parseArgs did not take, in one line. */
export function mistakeOf(error: unknown): string {
  const {message} = error as Error;
  const option = /^Option '([^' ]+)[^']*' argument is ambiguous/.exec(message)?.[1];
  return option === undefined
    ? message.split('. ')[0]!
    : `${option} takes a value; one that begins with a dash is given as ${option}=VALUE`;
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
