import type {Readable} from 'node:stream';
import {childProcess} from '../child-process.ts';
import {SETTINGS_PROGRAM} from './settings-program.ts';

/** The program watches the time itself and says where it hangs; this is for a Python that cannot even do that. */
const GRACE_MS = 5000;
/** How long pipes are read after Python's end, when something else keeps them open. */
const LAST_WORDS_MS = 1000;
/** Of what the project prints, this much of the end is kept. */
const KEPT = 65_536;
/** The answer is a few hundred bytes; a project that writes there itself is cut off. */
const LONGEST_ANSWER = 1_048_576;

export interface Question {
  python: string;
  /** Where the program runs: the project's folder. */
  folder: string;
  managePy: string | null;
  settings: string | null;
  pythonpath: string | null;
  env: NodeJS.ProcessEnv;
  /** How long the settings may take to load. */
  seconds: number;
  /** Whom to run it as, when that is not the caller. */
  runUser: {uid: number; gid: number} | null;
}

/** What came back: the text of the answer (null when there was none), the end of what was printed as error, and how Python ended. */
export interface Reply {
  answer: string | null;
  errors: string;
  end: string;
}

/** Runs the settings program. What the project prints does not matter: the answer has a pipe of its own, and is complete when a NUL ends it. */
export function askPython({python, runUser, env, ...request}: Question): Promise<Reply> {
  const args = ['-X', 'utf8', '-c', SETTINGS_PROGRAM, JSON.stringify(request)];
  return new Promise((resolve) => {
    const child = childProcess().spawn(python, args, {
      cwd: request.folder,
      env,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      timeout: request.seconds * 1000 + GRACE_MS,
      killSignal: 'SIGKILL',
      ...runUser,
    });
    const printed = child.stdio[2] as Readable;
    const replies = child.stdio[3] as Readable;
    let answer = '';
    let errors = '';
    let end = '';
    const finish = () => {
      // A process that the settings have started may hold the pipes open for ever.
      printed.destroy();
      replies.destroy();
      resolve({answer: answer.endsWith('\0') ? answer.slice(0, -1) : null, errors, end});
    };
    printed.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-KEPT)));
    replies.setEncoding('utf8').on('data', (text: string) => {
      if (answer.length < LONGEST_ANSWER) answer += text;
      if (answer.endsWith('\0')) child.once('exit', finish);
    });
    child.on('error', (error) => {
      end = error.message;
      finish();
    });
    child.on('exit', (code, signal) => {
      end = signal ?? `status ${code}`;
      // What was written is in the pipes by now; the last of it may still be on its way to us.
      setTimeout(finish, LAST_WORDS_MS).unref();
    });
    child.on('close', finish);
  });
}
