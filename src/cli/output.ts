import {writeProblem} from '../instance/write-problem.ts';
import {say} from './say.ts';

/**
 * For commands that print and end. `| head` is a way to ask for less; what a full disk does not take must not look like all there is. Not for those
 * that draw or serve: touching the stream would make the descriptor that they write to themselves non-blocking.
 */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    outputFailed(error);
    process.exit();
  });
}

/** Says what was not printed, if anybody wanted it, and sets the exit status. */
export function outputFailed(error: NodeJS.ErrnoException): void {
  process.exitCode = error.code === 'EPIPE' ? 0 : 1;
  if (error.code !== 'EPIPE') say(`error: what was to be printed is not complete: ${writeProblem(error)}`);
}
