import {setTimeout as sleep} from 'node:timers/promises';
import {RecordingFile} from '../instance/recorder/file-writer.ts';
import {findRecording, type FoundRecording} from '../instance/recorder/find-recording.ts';
import {namesInstance} from '../instance/instances/resolve-instance.ts';
import {nameProblem, writeProblem} from '../instance/write-problem.ts';
import {readWords, type Values} from './read-words.ts';
import {endSoon} from './last-resort.ts';
import {fail} from './report.ts';
import {say} from './say.ts';

const HELP = `usage: wsgideck record FILE [INSTANCE] [OPTIONS]

Writes the last 15 minutes of a server, and everything from now until ctrl-c, into one file for wsgideck replay.
Secrets are masked in it; it is readable for you alone. INSTANCE is a name, port, pid or server root, as wsgideck ps
shows them; of a server that is gone, its server root. It may be left out when only one server runs.

  --for SECONDS        end by itself after this time
  --last               only what there is, nothing from now on
  --force              replace FILE when it exists
  --help               this text
`;

const OPTIONS = {
  for: {type: 'string'},
  last: {type: 'boolean'},
  force: {type: 'boolean'},
} as const;

/** Milliseconds between two looks at what has been recorded. */
const EVERY = 1000;

interface Asked {
  file: string;
  instance: string | undefined;
  seconds: number | null;
  last: boolean;
  force: boolean;
}

/** `wsgideck record`: exit status 2 for a wrong command line, 1 when there is nothing to record or the file cannot be written. */
export async function record(argv: string[]): Promise<void> {
  const asked = readWords('record', argv, OPTIONS, HELP, asAsked);
  if (asked === null) return;
  if (asked.instance === undefined && (await namesInstance(asked.file))) return fail(noFile(asked.file), 2);
  const taken = nameProblem(asked.file, asked.force);
  if (taken !== null) return fail(taken);
  const ending = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => ending.abort());
  let found: FoundRecording | null = null;
  try {
    found = await findRecording(asked.instance);
    const file = await RecordingFile.create(asked.file, asked.force).catch((error: unknown) => {
      throw new Error(`${asked.file}: cannot be written: ${writeProblem((error as Error).cause ?? error)}`, {cause: error});
    });
    try {
      await copy(found, file, asked, ending.signal);
    } finally {
      await file.close();
    }
    say(`${asked.file}: ${length(file)}, ${size(file)}; play it with: wsgideck replay ${asked.file}`);
  } catch (error) {
    fail((error as Error).message);
  } finally {
    found?.live?.end();
    endSoon();
  }
}

function noFile(word: string): string {
  const otherwise = word.includes('/') ? '' : ` (or ./${word} for a file of that name)`;
  return `record: "${word}" is a server, and the FILE to write is missing; as in: wsgideck record FILE ${word}${otherwise}`;
}

async function copy({folder, live, name}: FoundRecording, file: RecordingFile, asked: Asked, ending: AbortSignal): Promise<void> {
  const end = asked.seconds === null ? Infinity : Date.now() + asked.seconds * 1000;
  const progress = new Progress();
  await file.add(folder);
  if (live === null && !asked.last) say(`${name}: its supervisor is gone; this is what it has left`);
  if (live !== null && !asked.last) {
    say(`recording ${name} into ${file.path}; ctrl-c ends it`);
    while (!ending.aborted && Date.now() < end && live.closed() === null) {
      progress.show(`${length(file)}, ${size(file)}`);
      await sleep(Math.min(EVERY, Math.max(0, end - Date.now())), undefined, {signal: ending}).catch(() => {});
      await file.add(folder);
    }
    progress.clear();
    if (live.closed() !== null) say(`${name} has ended; the recording goes up to there`);
    // What happened in the last second is still on its way to the disk.
    await live.ask({type: 'recording'}).catch(() => {});
    await file.add(folder);
  }
}

/** One line on a terminal that is written again and again; nothing elsewhere. */
class Progress {
  readonly #shown = process.stderr.isTTY;

  show(text: string): void {
    if (this.#shown) process.stderr.write(`\r\u001b[K${text}`);
  }

  clear(): void {
    this.show('');
  }
}

function length({from, to}: RecordingFile): string {
  const seconds = Math.max(0, Math.round((to - from) / 1000));
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

function size({bytes}: RecordingFile): string {
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function asAsked(words: string[], values: Values<typeof OPTIONS>): Asked {
  const [file, instance] = words;
  if (file === undefined || words.length > 2) throw new Error('which file is it to write? As in: wsgideck record FILE');
  const seconds = values.for === undefined ? null : Number(values.for);
  if (seconds !== null && !(seconds > 0 && seconds <= 7 * 24 * 3600)) throw new Error('--for takes a number of seconds');
  if (seconds !== null && values.last) throw new Error('--last and --for do not go together');
  return {file, instance, seconds, last: values.last ?? false, force: values.force ?? false};
}
