import type {EffectiveOption} from '../model/commands.ts';
import {OPTIONS} from './options/table.ts';
import type {StartOptions} from './parse.ts';

/**
 * Every option as it is in effect, in the table's order: what was given on the command line and what is the default. Values of two are written as
 * on the command line. Options that the values know nothing of are left out: mod_wsgi-express does not have those of ours.
 */
export function effectiveOptions(options: StartOptions): EffectiveOption[] {
  const values = options as unknown as Record<string, unknown>;
  return OPTIONS.filter((option) => !option.hidden && !option.refused && option.dest in values).map((option) => {
    const value = values[option.dest];
    const given = JSON.stringify(value ?? null) !== JSON.stringify(option.default);
    return {name: option.flags[0], area: option.area, value: shown(value), given, help: option.help};
  });
}

function shown(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (value === true) return 'on';
  if (value === false) return 'off';
  if (Array.isArray(value))
    return value.length === 0 ? '-' : value.map((one) => (Array.isArray(one) ? one.join(' ') : String(one))).join(', ');
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}
