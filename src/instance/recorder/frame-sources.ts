import type {SourceWindow} from '../../model/commands.ts';
import type {DeckEvent} from '../../model/events.ts';
import type {StackCapture} from '../../model/stacks.ts';
import {sourceAround} from '../../sources/source-text.ts';
import {maskSource} from '../incidents/mask.ts';

/** Lines before and after; more than a screen shows around a frame. */
const CONTEXT = 8;
/** Windows of one event, and frames of one thread that are looked at from the inside. */
const WINDOWS = 40;
const FRAMES = 12;

/**
 * The source text that screens show with stacks and tracebacks, taken when those come: by the time of a replay the file is another one, or on
 * another machine. Each place once in a segment.
 */
export class FrameSources {
  readonly #seen = new Set<string>();

  /** For a new segment: it has to hold what its own frames need. */
  forget(): void {
    this.#seen.clear();
  }

  /** Windows for an event that names lines of code; none for others. @param root folder of the application's own files. */
  of(event: DeckEvent, root: string): SourceWindow[] {
    if (event.type === 'stacks') return this.capture(event.capture, root);
    if (event.type === 'exception' && event.file !== undefined && event.line !== undefined)
      return this.#windows([[event.file, event.line]]);
    if (event.type === 'verdict') {
      const {frame, own} = event.verdict;
      return this.#windows([own, frame].flatMap((one) => (one === null ? [] : [[one.file, one.line] as const])));
    }
    return [];
  }

  capture(capture: StackCapture, root: string): SourceWindow[] {
    const places: (readonly [string, number])[] = [];
    for (const {frames} of capture.threads) {
      frames.slice(0, FRAMES).forEach(({file, line}, depth) => {
        if (depth === 0 || (root !== '' && file.startsWith(root))) places.push([file, line]);
      });
    }
    return this.#windows(places);
  }

  /** A window that a screen has been given. */
  given(window: SourceWindow): SourceWindow[] {
    const key = `${window.file}:${window.from}+${window.lines.length}`;
    if (window.error !== undefined || window.lines.length === 0 || this.#seen.has(key)) return [];
    this.#seen.add(key);
    return [masked(window)];
  }

  #windows(places: readonly (readonly [string, number])[]): SourceWindow[] {
    const found: SourceWindow[] = [];
    for (const [file, line] of places) {
      const key = `${file}:${line}`;
      if (this.#seen.has(key)) continue;
      if (found.length === WINDOWS) break;
      this.#seen.add(key);
      const window = sourceAround(file, line, CONTEXT);
      if (window.error === undefined && window.lines.length > 0) found.push(masked(window));
    }
    return found;
  }
}

/** Longest line kept, in characters: generated files have lines of megabytes. */
const LONGEST = 500;

function masked(window: SourceWindow): SourceWindow {
  return {...window, lines: window.lines.map((line) => maskSource(line.slice(0, LONGEST)))};
}
