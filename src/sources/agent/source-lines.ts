import type {ThreadStack} from '../../model/stacks.ts';
import {sourceLine} from '../source-text.ts';

/** Frames of one capture whose source lines are read at most, and characters of each that are kept. */
const MAX_FRAMES = 500;
const MAX_LENGTH = 300;

/** Adds the source line to each frame where it can be read, the first threads first. */
export function addSources(threads: ThreadStack[]): void {
  for (const frame of threads.flatMap((thread) => thread.frames).slice(0, MAX_FRAMES)) {
    const text = sourceLine(frame.file, frame.line);
    if (text !== null) frame.source = text.slice(0, MAX_LENGTH);
  }
}
