import {join} from 'node:path';
import type {ConfigView, Query, QueryResults, RecordingInfo} from '../../model/commands.ts';
import {STREAM_VERSION, type DeckEvent} from '../../model/events.ts';
import type {Incident} from '../../model/incidents.ts';
import type {LogEntry} from '../../model/log.ts';
import type {Bus} from '../bus.ts';
import {maskDeep} from '../incidents/mask.ts';
import {FrameSources} from './frame-sources.ts';
import {IncidentBodies} from './incident-bodies.ts';
import {LineBudget} from './line-budget.ts';
import {maskConfig} from './mask-config.ts';
import {maskEntry} from './mask-entry.ts';
import {encodeLine, LONGEST_LINE, RECORDING_VERSION, type Keyframe, type LineKind} from './record-line.ts';
import {listSegments, makeRecordingFolder, overdue, removeSegments, segmentName, type SegmentFile} from './segment-files.ts';
import {SegmentWriter} from './segment-writer.ts';

/** Milliseconds of the stream that are kept. */
export const KEPT_MS = 15 * 60_000;

export interface RecorderOptions {
  folder: string;
  /** Bytes on the disk, at most. */
  maxBytes: number;
  /** Options and configuration, for the view of them. */
  config: () => ConfigView;
  /** All of an incident, where there is one of this id. */
  incident: (id: string) => Promise<Incident | null>;
  /** Milliseconds: how long a segment is, how often is written, and how long to wait after the disk has refused. */
  segmentMs?: number;
  everyMs?: number;
  retryMs?: number;
  keptMs?: number;
}

/** Text of a segment after which the next one begins, in bytes: a replay reads whole segments. */
const SEGMENT_RAW = 8 * 1024 * 1024;
/** Log entries that come within this many milliseconds are one line; as long as a screen waits for its next look at the log. */
const BATCH_MS = 200;
/** Lines that wait for the disk, at most; log entries have a budget of their own. */
const WAITING = 5000;
const FILES = 500;
const NOTICE = 'recorder';

interface Waiting {
  t: number;
  kind: LineKind;
  data: unknown;
}

/**
 * The flight recorder: the newest quarter of an hour of an instance's stream, and of what screens get by asking, always on the disk. A timer
 * hands what has come to a thread that compresses and writes; nothing here waits for the disk, and a disk that is full stops only the recording.
 */
export class Recorder {
  readonly #bus: Bus;
  readonly #options: Required<RecorderOptions>;
  readonly #run = `${process.pid}-${Date.now().toString(36)}`;
  readonly #sources = new FrameSources();
  readonly #bodies: IncidentBodies;
  readonly #budget = new LineBudget();
  #waiting: Waiting[] = [];
  #batch: {from: number; entries: LogEntry[]; line: Waiting} | null = null;
  #logged = 0;
  #lastSeq = 0;
  #pane = {cols: 0, rows: 0};
  #segment = 0;
  /** The frame of the beginning, until it is written. */
  #first: {at: number; frame: Keyframe} | null;
  #keyAt = 0;
  #writer: SegmentWriter | null = null;
  #current: SegmentFile | null = null;
  #finished: SegmentFile[] = [];
  #writing: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #unlisten: () => void;
  /** Not to be tried before this moment; 0 while the disk takes what it is given. */
  #pausedUntil = 0;
  #gap = false;

  /** Records from now on; on the disk from `start` on. */
  constructor(bus: Bus, options: RecorderOptions) {
    this.#bus = bus;
    this.#options = {segmentMs: 30_000, everyMs: 900, retryMs: 10_000, keptMs: KEPT_MS, ...options};
    this.#bodies = new IncidentBodies(options.incident, (incident) => this.#put('+incident', incident));
    this.#first = {at: Date.now(), frame: this.#keyframe()};
    this.#unlisten = bus.listen((event) => this.#see(event));
  }

  /** Writes from now on. Nothing of it ever fails for others: a disk that does not take the recording is a notice. */
  start(): void {
    this.#timer = setInterval(() => void this.sync(), this.#options.everyMs);
  }

  /** Has everything until now on the disk. */
  async sync(): Promise<void> {
    // One that is under way may have begun before the newest event.
    await this.#writing;
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    await this.#writing;
  }

  async info(): Promise<RecordingInfo> {
    await this.sync();
    const all = [...this.#finished, ...(this.#current ? [this.#current] : [])];
    return {
      folder: this.#current === null ? null : this.#options.folder,
      from: all[0]?.from ?? 0,
      to: all.at(-1)?.to ?? 0,
      bytes: all.reduce((sum, one) => sum + one.bytes, 0),
    };
  }

  /** What a screen was told, where a replay could not know it otherwise. */
  saw(query: Query, result: QueryResults[keyof QueryResults]): void {
    if (query.type === 'source') {
      for (const window of this.#sources.given(result as QueryResults['source'])) this.#put('+source', window);
    } else if (query.type === 'live' && result !== null) {
      this.#put('+live', result);
      this.#windows(this.#sources.capture(result as NonNullable<QueryResults['live']>, this.#root()));
    } else if (query.type === 'incident' && result !== null) {
      this.#bodies.got(result as Incident);
    } else if (query.type === 'terminal') {
      const {cols, rows} = result as QueryResults['terminal'];
      if (cols === this.#pane.cols && rows === this.#pane.rows) return;
      this.#pane = {cols, rows};
      this.#put('+pane', this.#pane);
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#bodies.settle();
    this.#unlisten();
    await this.sync();
    await this.#writer?.end().catch(() => {});
    this.#writer = null;
  }

  #see(event: DeckEvent): void {
    if (this.#pausedUntil > 0 || event.type === 'log-head' || event.type === 'replay') return;
    if (event.type === 'log') return this.#log(event.entry);
    this.#put(event.type, event);
    // Those of earlier runs are kept where they are; here they would take the place of what happens now.
    if (event.type === 'incident' && !event.incident.earlier) this.#bodies.changed(event.incident.id);
    if (event.type === 'reload') this.#sources.forget();
    this.#windows(this.#sources.of(event, this.#root()));
  }

  #log(entry: LogEntry): void {
    if (!this.#budget.takes(entry)) return;
    if (entry.seq !== this.#lastSeq) this.#logged++;
    this.#lastSeq = entry.seq;
    const now = Date.now();
    if (this.#batch === null || now - this.#batch.from > BATCH_MS) {
      const entries: LogEntry[] = [];
      this.#batch = {from: now, entries, line: {t: now, kind: '+logs', data: entries}};
      this.#waiting.push(this.#batch.line);
    }
    this.#batch.entries.push(entry);
    // The moment of its newest entry: a screen is as late with the others.
    this.#batch.line.t = now;
  }

  #put(kind: LineKind, data: unknown): void {
    if (this.#pausedUntil > 0) return;
    // The next log entry comes after this.
    this.#batch = null;
    if (this.#waiting.length < WAITING) this.#waiting.push({t: Date.now(), kind, data});
    else this.#gap = true;
  }

  #windows(windows: readonly unknown[]): void {
    for (const window of windows) this.#put('+source', window);
  }

  #root(): string {
    return this.#bus.state().info?.projectRoot ?? '';
  }

  #keyframe(): Keyframe {
    const state = this.#bus.state();
    return {
      v: RECORDING_VERSION,
      stream: STREAM_VERSION,
      run: this.#run,
      segment: this.#segment,
      logged: this.#logged,
      state,
      config: null,
    };
  }

  async #write(): Promise<void> {
    const now = Date.now();
    if (this.#pausedUntil > now) return;
    const resumed = this.#pausedUntil > 0;
    this.#pausedUntil = 0;
    const left = this.#budget.next();
    if (left !== null) this.#put('+left-out', left);
    const lines = this.#waiting;
    this.#waiting = [];
    this.#batch = null;
    try {
      // The frame and what is written before or after it are of the same moment: nothing may come between.
      if (this.#writer === null) {
        const first = this.#first;
        this.#first = null;
        await this.#begin(first?.frame ?? this.#keyframe(), first?.at ?? now);
        // Without the first frame the state of now holds what these lines say.
        if (first !== null) await this.#append(lines);
      } else if (this.#gap || this.#isLong(now)) {
        if (this.#gap) this.#segment++;
        this.#gap = false;
        const frame = this.#keyframe();
        await this.#append(lines);
        await this.#begin(frame, now);
      } else {
        await this.#append(lines);
      }
      this.#tidy();
      if (resumed) this.#bus.put({type: 'notice', key: NOTICE, severity: 'info', text: '', cleared: true});
    } catch (error) {
      await this.#pause(error as NodeJS.ErrnoException);
    }
  }

  #isLong(now: number): boolean {
    const {segmentMs, maxBytes} = this.#options;
    return now - this.#keyAt >= segmentMs || this.#writer!.raw >= SEGMENT_RAW || this.#writer!.bytes >= maxBytes / 8;
  }

  async #begin(key: Keyframe, at: number): Promise<void> {
    const {folder} = this.#options;
    this.#sources.forget();
    if (this.#writer) {
      const ended = this.#writer;
      this.#writer = null;
      await ended.end();
      this.#finish(ended.bytes);
    } else {
      makeRecordingFolder(folder);
      this.#finished = listSegments(folder);
    }
    // Two runs may begin in the same millisecond; the name says which comes first.
    const taken = this.#finished.at(-1)?.from ?? 0;
    const from = Math.max(at, taken + 1);
    const path = join(folder, segmentName(from, this.#segment));
    this.#writer = await SegmentWriter.begin(path);
    this.#current = {name: segmentName(from, this.#segment), path, from, to: from, bytes: 0};
    this.#keyAt = from;
    const frame = {...key, segment: this.#segment, config: maskConfig(this.#options.config())};
    this.#segment++;
    await this.#writer.write(encodeLine(from, '+key', maskDeep(frame)));
    this.#current.bytes = this.#writer.bytes;
  }

  async #append(lines: readonly Waiting[]): Promise<void> {
    if (!this.#writer || !this.#current || lines.length === 0) return;
    let text = '';
    for (const {t, kind, data} of lines) {
      const masked = kind === '+logs' ? (data as LogEntry[]).map(maskEntry) : kind === '+source' ? data : maskDeep(data);
      const line = encodeLine(Math.max(t, this.#keyAt), kind, masked);
      if (line.length <= LONGEST_LINE) text += line;
    }
    await this.#writer.write(text);
    this.#current.to = Math.max(this.#current.from, lines.at(-1)?.t ?? 0);
    this.#current.bytes = this.#writer.bytes;
  }

  #finish(bytes: number): void {
    if (this.#current) this.#finished.push({...this.#current, bytes});
    this.#current = null;
  }

  #tidy(): void {
    if (!this.#current) return;
    const {keptMs, maxBytes} = this.#options;
    const gone = overdue([...this.#finished, this.#current], {ms: keptMs, bytes: maxBytes, files: FILES});
    if (gone.length === 0) return;
    removeSegments(gone);
    this.#finished = this.#finished.slice(gone.length);
  }

  /** The disk has refused. Where it is full, our own oldest goes first: the server needs the room more than the past does. */
  async #pause(error: NodeJS.ErrnoException): Promise<void> {
    const {folder, retryMs} = this.#options;
    const full = FULL.has(error.code ?? '');
    await this.#writer?.abandon();
    this.#writer = null;
    this.#finish(this.#current?.bytes ?? 0);
    this.#waiting = [];
    this.#batch = null;
    // A number is left out: what comes next does not continue this.
    this.#segment++;
    this.#pausedUntil = Date.now() + retryMs;
    let freed = '';
    if (full) {
      const oldest = this.#finished.slice(0, Math.max(1, Math.ceil(this.#finished.length / 4)));
      removeSegments(oldest);
      this.#finished = this.#finished.slice(oldest.length);
      if (oldest.length > 0) freed = ', its oldest part was removed';
    }
    const text = full ? `the disk is full: the recording pauses${freed}` : `the recording pauses: ${error.message}`;
    this.#bus.put({type: 'notice', key: NOTICE, severity: 'warn', text, remedy: full ? `free space for ${folder}` : `see ${folder}`});
  }
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
