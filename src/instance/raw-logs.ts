import {isatty} from 'node:tty';
import type {DeckEvent} from '../model/events.ts';
import {FileFollower} from '../sources/logs/follower.ts';
import {LineOutput} from '../terminal/line-output.ts';
import {safeText} from '../terminal/safe-text.ts';
import type {Bus} from './bus.ts';
import type {Outlet} from './outlet.ts';
import {plainLines} from './plain.ts';

/** A log and its size before the start, in bytes. */
interface LogFile {
  path: string;
  from: number;
}

/** The logs that are printed as Apache writes them: with --log-to-terminal and no dashboard. */
export interface RawLogs {
  error: LogFile;
  /** Null without --access-log. */
  access: LogFile | null;
  /** Lines of mod_wsgi's at info and finer, which the user has not asked for, are left out. */
  quietModWsgi: boolean;
}

/** What mod_wsgi says at info or finer, in the error log's default format and in ours. */
const CHATTER = /^\[[^\]]*\] \[wsgi:(?:info|debug|trace\d)\]/;
/** Milliseconds for what is left to be written. */
const LAST_WORDS = 2000;

const dropped = (count: number) => `... ${count} lines left out: nobody reads them fast enough`;

/**
 * The logs as the original prints them: access lines in the format that was asked for on the standard output, the error log on the standard error.
 * What the supervisor has to say goes to the standard error as well. Lines are made safe only where they go to a terminal.
 * @param through joins the terminal of debug mode to ours; returns the function that parts them.
 */
export function rawOutlet(
  bus: Bus,
  logs: RawLogs,
  banner: readonly string[],
  through?: (print: (text: string) => void) => () => void,
): Outlet {
  const out = new LineOutput(1, dropped);
  const errors = new LineOutput(2, dropped);
  for (const line of banner) out.put(line);
  const off = bus.listen((event: DeckEvent) => {
    // What is in the files is printed from there; Apache has only its terminal for what it says before they are open.
    if (event.type === 'log' && event.entry.source !== 'startup') return;
    for (const line of plainLines(event, 'emerg', bus.state())) errors.put(line);
  });
  const followers = [
    follow(logs.error, errors, isatty(2), logs.quietModWsgi ? (line) => !CHATTER.test(line) : () => true),
    ...(logs.access === null ? [] : [follow(logs.access, out, isatty(1), () => true)]),
  ];
  const part = through?.((text) => out.write(text));
  return {
    attended: () => false,
    dashboardPid: () => null,
    ending() {},
    async close() {
      off();
      part?.();
      await Promise.all(followers.map((follower) => follower.stop()));
      await Promise.all([out.end(LAST_WORDS), errors.end(LAST_WORDS)]);
    },
  };
}

function follow({path, from}: LogFile, output: LineOutput, terminal: boolean, wanted: (line: string) => boolean): FileFollower {
  const follower = new FileFollower(path, {
    from,
    onLines: (lines) => {
      for (const line of lines) if (wanted(line)) output.put(terminal ? safeText(line) : line);
    },
    onSkipped: (bytes) => output.put(`... ${Math.round(bytes / 1024)} KiB left out: they were written faster than they could be read`),
  });
  void follower.start();
  return follower;
}
