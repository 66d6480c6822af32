import type {IncidentSummary} from '../../model/incidents.ts';
import type {Keyframe} from '../recorder/record-line.ts';
import {readSegment, type RawLine, type SegmentText} from './read-segment.ts';
import {checkData, checkEvent} from './schema.ts';
import type {Segment} from './segments.ts';

/** What is known of one segment without keeping its text. */
export interface Part {
  index: number;
  /** Milliseconds since the epoch: its keyframe, its last line. */
  from: number;
  to: number;
  run: string;
  segment: number;
}

/** A segment with its text. The keyframe is checked; lines are when they are used. */
export interface LoadedPart extends Part {
  key: Keyframe;
  lines: RawLine[];
}

export interface RecordedIncident {
  id: string;
  /** When it was told of, and so is on the screen. */
  at: number;
  title: string;
}

/** Text of parts kept, in characters: a replay walks from one to the next, and its log looks back over several. */
const KEPT = 64 * 1024 * 1024;
/** Text that is looked through for the list of incidents, in characters. A quarter of an hour at its loudest is a fourth of this. */
const LOOKED_THROUGH = 2 * 1024 * 1024 * 1024;

/** A recording, from a folder or from a file: its parts in the order of time, its incidents, and what of it cannot be read. */
export class Recording {
  readonly parts: readonly Part[];
  readonly incidents: readonly RecordedIncident[];
  /** One line each. */
  readonly damage: readonly string[];
  readonly bytes: number;
  readonly #segments: Segment[];
  readonly #loaded = new Map<number, LoadedPart & {size: number}>();

  private constructor(segments: Segment[], parts: Part[], incidents: RecordedIncident[], damage: string[]) {
    this.#segments = segments;
    this.parts = parts;
    this.incidents = incidents;
    this.damage = damage;
    this.bytes = segments.reduce((sum, one) => sum + one.bytes, 0);
  }

  /**
   * Looks through all segments once.
   * @param damage what is known already to be damaged.
   * @throws Error in one line when nothing of it can be played.
   */
  static async open(segments: readonly Segment[], damage: string | null = null): Promise<Recording> {
    const troubles = new Set(damage === null ? [] : [damage]);
    const good: Segment[] = [];
    const parts: Part[] = [];
    const incidents = new IncidentList();
    let looked = 0;
    for (const segment of segments) {
      if (looked > LOOKED_THROUGH) {
        troubles.add('the recording is longer than any that a recorder makes; what comes after is left out');
        break;
      }
      const text = await readSegment(await segment.read());
      looked += text.size;
      const key = keyframeOf(text);
      if (text.damage !== null) troubles.add(`part of the recording is left out: ${text.damage}`);
      if (key === null) {
        troubles.add('part of the recording is left out: a segment without its beginning');
        continue;
      }
      incidents.look(key, text.lines);
      const {run, segment: number} = key;
      parts.push({index: parts.length, from: text.lines[0]!.t, to: text.lines.at(-1)!.t, run, segment: number});
      good.push(segment);
    }
    if (parts.length === 0) throw new Error(`nothing in it can be played${troubles.size > 0 ? `: ${[...troubles].join('; ')}` : ''}`);
    const all = parts.toSorted((a, b) => a.from - b.from);
    const order = all.map(({index}) => good[index]!);
    const from = all[0]!.from;
    return new Recording(
      order,
      all.map((part, index) => ({...part, index})),
      incidents.within(from, all.at(-1)!.to),
      [...troubles],
    );
  }

  get from(): number {
    return this.parts[0]!.from;
  }

  get to(): number {
    return this.parts.at(-1)!.to;
  }

  /** The part that shows a moment: the last one that begins at or before it, or the first. */
  partAt(at: number): Part {
    return this.parts.findLast((one) => one.from <= at) ?? this.parts[0]!;
  }

  /** Does a part continue the one before it, without anything missing between. */
  continues(index: number): boolean {
    const [before, part] = [this.parts[index - 1], this.parts[index]];
    return before !== undefined && part !== undefined && before.run === part.run && before.segment + 1 === part.segment;
  }

  /** A part with its text; null when it cannot be read any more (its file is gone). */
  async load(index: number): Promise<LoadedPart | null> {
    const known = this.#loaded.get(index);
    if (known) {
      this.#loaded.delete(index);
      this.#loaded.set(index, known);
      return known;
    }
    const [part, segment] = [this.parts[index], this.#segments[index]];
    if (part === undefined || segment === undefined) return null;
    const text = await readSegment(await segment.read());
    const key = keyframeOf(text);
    if (key === null) return null;
    const loaded = {...part, key, lines: text.lines, size: text.size};
    this.#loaded.set(index, loaded);
    let size = [...this.#loaded.values()].reduce((sum, one) => sum + one.size, 0);
    for (const [oldest, one] of this.#loaded) {
      if (size <= KEPT || oldest === index) break;
      this.#loaded.delete(oldest);
      size -= one.size;
    }
    return loaded;
  }
}

function keyframeOf({lines}: SegmentText): Keyframe | null {
  const first = lines[0];
  return first?.kind === '+key' ? checkData('+key', parse(first)) : null;
}

/** What a line holds; null when it is no JSON. */
export function parse(line: RawLine): unknown {
  try {
    return JSON.parse(line.text) as unknown;
  } catch {
    return null;
  }
}

/** Incidents by id, with the moment at which each was first told of. */
class IncidentList {
  readonly #found = new Map<string, RecordedIncident & {openedAt: number}>();

  look(key: Keyframe, lines: readonly RawLine[]): void {
    for (const one of key.state.incidents) this.#add(one, one.openedAt);
    for (const line of lines) {
      if (line.kind !== 'incident') continue;
      const event = checkEvent(parse(line));
      if (event?.type === 'incident') this.#add(event.incident, line.t);
    }
  }

  /** Those that were opened in the recorded time, by time. */
  within(from: number, to: number): RecordedIncident[] {
    return [...this.#found.values()]
      .filter(({openedAt, at}) => openedAt >= from && at <= to)
      .toSorted((a, b) => a.at - b.at)
      .map(({id, at, title}) => ({id, at, title}));
  }

  #add({id, openedAt, title}: IncidentSummary, at: number): void {
    const known = this.#found.get(id);
    this.#found.set(id, {id, openedAt, title, at: known?.at ?? at});
  }
}
