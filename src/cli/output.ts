import {writeProblem} from '../instance/write-problem.ts';
import {say} from './say.ts';

/**
 * For commands that print and end. `| head` is a way to ask for less; what a full disk does not take must not look like all there is. Not for those
 * that draw or serve: touching the stream would make the descriptor that they write to themselves non-blocking.
 */
export function guardOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    say(`error: what was to be printed is not complete: ${writeProblem(error)}`);
    process.exit(1);
  });
}
