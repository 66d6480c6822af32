/** Lends the terminal to the user's editor and takes it back. The server and the stream of events go on meanwhile. */
import type {Instance} from 'ink';
import type {Place} from '../src/model/diagnosis.ts';
import {editorCommand, runEditor} from '../src/terminal/editor.ts';
import type {TerminalInput} from '../src/terminal/input.ts';
import type {TerminalOutput} from '../src/terminal/output.ts';
import {RESTORE} from '../src/terminal/restore.ts';
import {resumeScreen} from './resume.ts';

export interface Lending {
  app: Instance;
  input: TerminalInput;
  output: TerminalOutput;
  env: Record<string, string | undefined>;
  /** Does this screen hold the mouse. */
  mouse: boolean;
}

/** Resolves when the editor is left: to null, or to what went wrong in one line. */
export async function editHere(place: Place, {app, input, output, env, mouse}: Lending): Promise<string | null> {
  await output.drained(1000);
  output.writeNow(RESTORE);
  output.lend();
  input.lend();
  // ctrl-c in the editor is the editor's: the terminal sends it to the whole group.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  const problem = await runEditor(editorCommand(place.file, place.line, env));
  process.off('SIGINT', ignore);
  input.takeBack();
  output.takeBack();
  resumeScreen(app, input, output, mouse);
  return problem;
}
