import type {OptionSpec} from '../options/option.ts';
import {OPTIONS} from '../options/table.ts';
import type {StartOptions} from '../parse.ts';

const byDest = new Map(OPTIONS.map((option) => [option.dest, option] as const));

/** Does this option have another value than its default. */
export function isGiven(options: StartOptions, option: OptionSpec): boolean {
  const value = (options as unknown as Record<string, unknown>)[option.dest];
  return Array.isArray(value) ? value.length > 0 : value !== option.default;
}

/** The same by key, with the option's name for a message; null when it is not given. */
export function givenFlag(options: StartOptions, dest: keyof StartOptions): string | null {
  const option = byDest.get(dest);
  return option && isGiven(options, option) ? option.flags[0] : null;
}
