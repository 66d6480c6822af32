import type {ConfigView, SourceWindow} from '../../model/commands.ts';
import type {DeckEvent} from '../../model/events.ts';
import type {Incident} from '../../model/incidents.ts';
import type {LogEntry, LogLevel} from '../../model/log.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {InstanceState} from '../../model/state.ts';

/** Raised when a recording of an earlier version cannot be read any more. */
export const RECORDING_VERSION = 1;

/** Longest line of a recording, in characters: a control socket takes no longer ones either. */
export const LONGEST_LINE = 3 * 1024 * 1024;

/** The whole at one moment: a segment begins with it, so that a replay can begin at any segment. */
export interface Keyframe {
  v: number;
  /** STREAM_VERSION of the events that follow. */
  stream: number;
  /** Names one run of a supervisor; its segments are numbered from 0. */
  run: string;
  segment: number;
  /** Log entries of this run that have been recorded before. */
  logged: number;
  state: InstanceState;
  config: ConfigView | null;
}

/** Log entries that were not recorded, because more came than a recording takes. */
export interface LeftOut {
  lines: number;
  counts: Partial<Record<LogLevel, number>>;
}

/**
 * What a line holds, by its kind: an event of the stream by its own type (but not `log`), or, with a `+`, what a screen gets by asking.
 */
export interface LineData {
  '+key': Keyframe;
  '+logs': LogEntry[];
  '+left-out': LeftOut;
  '+incident': Incident;
  '+source': SourceWindow;
  '+live': StackCapture;
  /** Cells of debug mode's terminal. */
  '+pane': {cols: number; rows: number};
}

export type LineKind = keyof LineData | Exclude<DeckEvent['type'], 'log' | 'log-head' | 'replay'>;

/** One line of a recording. `t`: milliseconds since the epoch when it happened here; lines come in that order. */
export function encodeLine(t: number, kind: LineKind, data: unknown): string {
  return `{"t":${t},"k":"${kind}","d":${JSON.stringify(data)}}\n`;
}

/** How each line begins: enough to find one's way without parsing all of it. */
const HEAD = /^\{"t":(\d{1,16}),"k":"(\+?[a-z-]{1,30})","d":/;

/** Time, kind and where the data begin; null for a line that is no line of a recording. */
export function lineHead(line: string): {t: number; kind: string; from: number} | null {
  const found = HEAD.exec(line);
  return found === null || !line.endsWith('}') ? null : {t: Number(found[1]), kind: found[2]!, from: found[0].length};
}
