import type {RequestVerdict} from '../../src/model/verdict.ts';
import {duration} from '../../src/terminal/format.ts';

/** `stuck: the same frame in 5 of 5 samples, waiting in socket.recv (GIL free)`. */
export function verdictWords(one: RequestVerdict): string {
  const {verdict, same, samples, waitsIn} = one;
  if (verdict === 'unknown') return `not told yet: ${samples} of 3 samples`;
  if (verdict === 'slow') return `slow: it moves, another line in ${samples} samples`;
  const frame = `the same frame in ${same} of ${samples} samples`;
  if (verdict === 'waiting') return `waiting: ${frame}${waitsIn === undefined ? '' : `, in ${waitsIn}`} (GIL free)`;
  return `stuck: ${frame}${waitsIn === undefined ? '' : `, in ${waitsIn}`}`;
}

/** The same with the time that lies between the first and the last sample, where it is known. */
export function liveWords(same: number, samples: number, ms: number): string {
  const which = same === samples ? `${same} of ${samples} samples` : `the last ${same} of ${samples} samples`;
  return `stands still: same line in ${which}, ${duration(ms)}`;
}
