/** Back after the whole job was stopped and went on: meanwhile the shell has had the terminal, its modes and its screen. */
import type {Instance} from 'ink';
import type {TerminalInput} from '../src/terminal/input.ts';
import type {TerminalOutput} from '../src/terminal/output.ts';
import {MOUSE_OFF, MOUSE_ON, TAKE} from '../src/terminal/restore.ts';

/** Takes the terminal again as it was taken at first, and draws everything. Output that the terminal has not taken yet goes first. */
export function resumeScreen(app: Instance, input: TerminalInput, output: TerminalOutput, mouse: boolean): void {
  // Node does not switch to a mode it believes to be in.
  input.setRawMode(false);
  input.setRawMode(true);
  // A resize meanwhile was told to the shell's processes, not to us: Node reads the size when it hears of one.
  process.emit('SIGWINCH', 'SIGWINCH');
  output.whenIdle(() => {
    // Ink forgets the frame that it believes to be on the screen; a resize makes it draw the next one at once.
    app.clear();
    output.write(TAKE + (mouse ? MOUSE_ON : MOUSE_OFF));
    output.emit('resize');
  });
}
