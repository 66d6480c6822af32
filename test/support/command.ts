import {spawn} from 'node:child_process';
import {tmpdir} from 'node:os';
import {resolve} from 'node:path';

export interface Finished {
  status: number | null;
  stdout: string;
  stderr: string;
}

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');

/**
 * Runs one command of the built program to its end, without a terminal. It is killed after a minute.
 * @param cwd the temporary directory when left out: a server refuses a folder that its run user may not enter, and the clone may lie in one.
 */
export function command(
  words: readonly string[],
  {cwd = tmpdir(), env = {}}: {cwd?: string; env?: Record<string, string | undefined>} = {},
): Promise<Finished> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [BUNDLE, ...words], {cwd, env: {...process.env, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
    const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', failed);
    child.on('close', (status) => {
      clearTimeout(late);
      done({status, stdout, stderr});
    });
  });
}
