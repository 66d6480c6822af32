import {join} from 'node:path';
import type {Incident} from '../../src/model/incidents.ts';
import type {LogEntry} from '../../src/model/log.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import {Bus} from '../../src/instance/bus.ts';
import {Recorder, type RecorderOptions} from '../../src/instance/recorder/recorder.ts';
import {Recording} from '../../src/instance/replay/recording.ts';
import {segmentsOfFolder} from '../../src/instance/replay/segments.ts';
import {LogStore} from '../../src/sources/logs/log-store.ts';
import {tempDir} from '../support/temp.ts';
import {sleep} from '../support/wait.ts';
import {INFO} from './view-deck.ts';

/** A bus with a log and a recorder, and things that happen on it. */
export class Scene {
  readonly folder: string;
  readonly bus = new Bus('shop');
  readonly store = new LogStore();
  readonly recorder: Recorder;
  readonly incidents = new Map<string, Incident>();
  #ids = 0;

  constructor(options: Partial<RecorderOptions> = {}) {
    this.folder = options.folder ?? join(tempDir(), 'recording');
    this.bus.keepLogIn(this.store);
    this.bus.put({type: 'instance', info: INFO});
    this.recorder = new Recorder(this.bus, {
      folder: this.folder,
      maxBytes: 16 * 1024 * 1024,
      config: () => ({options: [], file: '/srv/httpd.conf', lines: ['# Logs', 'SetEnv DB_PASSWORD hunter2', 'Listen 8000']}),
      incident: async (id) => this.incidents.get(id) ?? null,
      ...options,
    });
  }

  log(text: string, more: Partial<LogEntry> = {}): LogEntry {
    const entry = this.store.add({seq: 0, at: Date.now(), source: 'app', level: 'error', text, ...more});
    this.bus.put({type: 'log', at: entry.at, entry});
    return entry;
  }

  /** One second of a server's life in a moment: figures, a request, a line. */
  second(number: number): void {
    const at = Date.now();
    this.bus.put({
      type: 'traffic',
      window: {at, seconds: 1, requests: number, errors5xx: 0, errors4xx: 0, p50: 1, p95: 2, p99: 3},
    });
    const request = {id: `r${number}`, pid: 100, ident: '7', method: 'GET', url: `/page/${number}`, startedAt: at};
    this.bus.put({type: 'requests', pid: 100, requests: [request], busy: 1, total: 5, dropped: 0});
    this.log(`page ${number} asked for`);
  }

  stacks(file: string, line: number): StackCapture {
    const frames = [{file, line, func: 'work'}];
    const capture: StackCapture = {
      id: ++this.#ids,
      at: Date.now(),
      pid: 100,
      method: 'agent',
      cause: 'asked',
      title: `stacks ${this.#ids}`,
      threads: [{ident: '7', frames}],
    };
    this.bus.put({type: 'stacks', capture});
    return capture;
  }

  /** The recording as it is on the disk now. */
  async recording(): Promise<Recording> {
    await this.recorder.sync();
    return Recording.open(segmentsOfFolder(this.folder));
  }
}

/** Until the clock shows another millisecond, so that what comes next is later. */
export async function nextMoment(): Promise<number> {
  const now = Date.now();
  while (Date.now() === now) await sleep(1);
  return now;
}
