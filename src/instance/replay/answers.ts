import type {Query, QueryResults, SourceWindow} from '../../model/commands.ts';
import type {StackCapture} from '../../model/stacks.ts';
import {checkData, checkEvent} from './schema.ts';
import {parse} from './recording.ts';
import type {Player} from './player.ts';
import type {RawLine} from './read-segment.ts';

/** A live stack that is older than this is not shown as one, in milliseconds. */
const LIVE_WITHIN = 60_000;

/** What a screen can ask of a recording at the moment that is shown. Rejects with one line for what it does not hold. */
export async function answer(player: Player, query: Query): Promise<QueryResults[keyof QueryResults]> {
  switch (query.type) {
    case 'log':
      return player.log.window(query);
    case 'capture':
      return captureOf(player, query.id);
    case 'live':
      return liveOf(player, query.pid);
    case 'incident':
      return incidentOf(player, query.id);
    case 'source':
      return sourceOf(player, query.file, query.line, query.context);
    case 'config':
      return player.config ?? {options: [], file: '', lines: [], error: 'the recording does not hold the configuration'};
    case 'terminal':
      return {...player.terminal.after(query.after), ...(await paneOf(player))};
    case 'recording':
      return {folder: null, from: player.recording.from, to: player.recording.to, bytes: player.recording.bytes};
    default:
      throw new Error('this is a recording');
  }
}

/** Before a screen has looked at it, it has the size that it was started with. */
async function paneOf(player: Player): Promise<{cols: number; rows: number}> {
  for await (const line of player.back(PANE)) return checkData('+pane', parse(line)) ?? STARTED;
  return STARTED;
}

async function captureOf(player: Player, id: number): Promise<StackCapture | null> {
  for await (const line of player.back(STACKS)) {
    const event = checkEvent(parse(line));
    if (event?.type === 'stacks' && event.capture.id === id) return event.capture;
  }
  return null;
}

/** The newest stacks of a process: those that somebody looked at when it was live, or any other. */
async function liveOf(player: Player, pid: number): Promise<StackCapture> {
  for await (const line of player.back(LIVE)) {
    if (line.t < player.at - LIVE_WITHIN) break;
    const value = parse(line);
    const event = line.kind === 'stacks' ? checkEvent(value) : null;
    const capture = event?.type === 'stacks' ? event.capture : checkData('+live', value);
    if (capture?.pid === pid) return capture;
  }
  throw new Error(`nobody took stacks of process ${pid} in the minute before`);
}

/** As it was at this moment; of one that had just been opened, what was written down a moment later. */
async function incidentOf(player: Player, id: string): Promise<QueryResults['incident']> {
  const of = (value: unknown) => {
    const incident = checkData('+incident', value);
    return incident?.summary.id === id ? incident : null;
  };
  for await (const line of player.back(INCIDENT)) {
    const incident = of(parse(line));
    if (incident !== null) return incident;
  }
  for await (const line of player.ahead(INCIDENT)) {
    const incident = of(parse(line));
    if (incident !== null) return incident;
  }
  throw new Error('the recording holds only the headline of this incident: it was opened before');
}

async function sourceOf(player: Player, file: string, line: number, context: number): Promise<SourceWindow> {
  const window = (await nearest(player.back(SOURCE), file, line)) ?? (await nearest(player.ahead(SOURCE), file, line));
  if (window === null) throw new Error('the recording does not hold this part of the file');
  const from = Math.max(window.from, line - context);
  return {file, from, lines: window.lines.slice(from - window.from, line + context - window.from + 1)};
}

async function nearest(lines: AsyncGenerator<RawLine>, file: string, line: number): Promise<SourceWindow | null> {
  const name = JSON.stringify(file);
  for await (const one of lines) {
    // Most are of other files; that is seen without parsing them.
    if (!one.text.includes(name)) continue;
    const window = checkData('+source', parse(one));
    if (window?.file === file && line >= window.from && line < window.from + window.lines.length) return window;
  }
  return null;
}

const STARTED = {cols: 200, rows: 50};
const PANE = new Set(['+pane']);
const STACKS = new Set(['stacks']);
const LIVE = new Set(['stacks', '+live']);
const INCIDENT = new Set(['+incident']);
const SOURCE = new Set(['+source']);
