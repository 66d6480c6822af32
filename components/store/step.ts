import type {Movement} from './movement.ts';

/** Where a movement leads from a position in `0 … last`. */
export function step(from: number, last: number, how: Movement, page: number, lines: number): number {
  const to = {up: from - lines, down: from + lines, 'page-up': from - page, 'page-down': from + page, home: 0, end: last}[how];
  return Math.max(0, Math.min(last, to));
}
