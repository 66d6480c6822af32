/** The user's editor at a line of a file. */
import {spawn} from 'node:child_process';

export interface EditorCommand {
  program: string;
  args: string[];
}

/**
 * What opens `file` at `line`: $VISUAL, else $EDITOR, else vi. The variable may hold arguments. Editors that do not know `+line` get it their way.
 * @param file absolute, so that it cannot be taken for an option.
 */
export function editorCommand(file: string, line: number, env: Record<string, string | undefined>): EditorCommand {
  const words = (env['VISUAL'] || env['EDITOR'] || 'vi').trim().split(/\s+/);
  const [program = 'vi', ...given] = words;
  const name = program.slice(program.lastIndexOf('/') + 1);
  if (/^(?:code|codium|cursor|windsurf)(?:-insiders)?$/.test(name)) return {program, args: [...given, '--goto', `${file}:${line}`]};
  if (/^(?:subl|hx|helix|zed|micro)$/.test(name)) return {program, args: [...given, `${file}:${line}`]};
  return {program, args: [...given, `+${line}`, file]};
}

/** Runs it on this process's own terminal. Resolves to null, or to what went wrong in one line; never rejects. */
export function runEditor(command: EditorCommand): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command.program, command.args, {stdio: 'inherit'});
    child.on('error', (error: NodeJS.ErrnoException) => {
      resolve(
        error.code === 'ENOENT'
          ? `no editor: ${command.program} is not installed; set EDITOR to one that is`
          : `the editor ${command.program} did not start: ${error.message}`,
      );
    });
    child.on('exit', (code, signal) => {
      if (signal !== null) resolve(`the editor was ended by ${signal}`);
      else resolve(code === 0 || code === null ? null : `the editor ended with status ${code}`);
    });
  });
}
