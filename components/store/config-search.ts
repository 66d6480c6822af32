/** Searching in the configuration: the lines of the file, or the options with what they are for. */
import type {ConfigView} from '../../src/model/commands.ts';
import {compilePattern, patternError} from '../../src/model/text-pattern.ts';
import {runWithin} from '../../src/model/time-guard.ts';
import type {ConfigChoice} from './ui-state.ts';

/** Milliseconds that an expression may take for all lines together. */
const PATIENCE = 200;

/** Where the text is found in one part of the configuration: positions, ascending; or why it cannot be looked for. */
export function searchConfig(view: ConfigView | null, part: ConfigChoice['part'], text: string): Pick<ConfigChoice, 'hits' | 'error'> {
  if (view === null || text === '') return {hits: [], error: null};
  const texts = part === 'file' ? view.lines : view.options.map((one) => `${one.name} ${one.value} ${one.help}`);
  try {
    const {test} = compilePattern(text);
    const hits: number[] = [];
    const work = () => texts.forEach((one, index) => test(one) && hits.push(index));
    return runWithin(PATIENCE, work)
      ? {hits, error: null}
      : {hits: [], error: 'the expression takes too long: avoid repetitions within repetitions'};
  } catch (error) {
    return {hits: [], error: patternError(error)};
  }
}

/** The first hit at or after a position, from the beginning when there is none; or the last one before it. */
export function hitFrom(hits: readonly number[], from: number, way: 1 | -1): number | undefined {
  if (way === 1) return hits.find((one) => one >= from) ?? hits[0];
  return hits.findLast((one) => one <= from) ?? hits.at(-1);
}
