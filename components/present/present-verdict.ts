import type {RequestVerdict} from '../../src/model/verdict.ts';
import {streamWords} from '../../src/model/verdict.ts';
import {duration} from '../../src/terminal/format.ts';

/** `stuck: the same frame in 5 of 5 samples, waiting in socket.recv (GIL free)`. */
export function verdictWords(one: RequestVerdict): string {
  const {verdict, same, samples, waitsIn} = one;
  if (verdict === 'unknown') return `not told yet: ${samples} of 3 samples`;
  const {pieces, silentSince, at} = one;
  if (verdict === 'slow' && pieces !== undefined) return streamWords(one, at);
  if (verdict === 'slow') return `slow: it moves, another line in ${samples} samples`;
  const frame = `the same frame in ${same} of ${samples} samples`;
  if (verdict === 'waiting' && pieces !== undefined && silentSince !== undefined)
    return `silent stream: nothing for ${duration(at - silentSince)} after ${pieces} pieces${waitsIn === undefined ? '' : `, in ${waitsIn}`}`;
  if (verdict === 'waiting') return `waiting: ${frame}${waitsIn === undefined ? '' : `, in ${waitsIn}`} (GIL free)`;
  return `stuck: ${frame}${waitsIn === undefined ? '' : `, in ${waitsIn}`}`;
}

/** The same with the time that lies between the first and the last sample, where it is known. */
export function liveWords(same: number, samples: number, ms: number): string {
  const which = same === samples ? `${same} of ${samples} samples` : `the last ${same} of ${samples} samples`;
  return `stands still: same line in ${which}, ${duration(ms)}`;
}

/** What can be said of a request that does not move where no rule knows the place. */
export function verdictMeaning(one: RequestVerdict | null | undefined): {cause: string; remedy: string} | null {
  if (one?.verdict === 'waiting')
    return {
      cause: `The thread waits${one.waitsIn === undefined ? '' : ` in ${one.waitsIn}`} with the GIL free: what it waits for has not come.`,
      remedy: 'Look at the line for who should let it go on; s shows the other threads. Give the call a timeout.',
    };
  if (one?.verdict === 'stuck')
    return {
      cause:
        one.waitsIn === undefined
          ? 'The thread was at this line in every sample and waits for nothing: it computes.'
          : `The thread was in ${one.waitsIn} in every sample.`,
      remedy: 'Look at what the line loops over; c recycles the daemon, --cpu-time-limit ends what never comes to an end.',
    };
  return null;
}
