/**
 * Numbers for people: short, with their unit, of a width that does not jump. Pure. Every function takes null for "not known", shown as
 * the same dash everywhere.
 */

/** What stands where a figure is not known. */
export const UNKNOWN = '–';

/** Milliseconds as `48 ms`, `1.9 s`, `41.2 s`, `12 min`, `2 h 14 m`, `3 d 4 h`. At most 8 characters. */
export function duration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  const value = Math.max(0, ms);
  if (value < 999.5) return `${Math.round(value)} ms`;
  if (value < 99_950) return `${(value / 1000).toFixed(1)} s`;
  const seconds = Math.round(value / 1000);
  if (seconds < 600) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return hours < 10 ? `${hours} h ${minutes % 60} m` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days < 10 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** Whole seconds left as `157 s` or `12 min`: a countdown needs no tenths. Never negative: `now`. */
export function countdown(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return UNKNOWN;
  if (seconds <= 0) return 'now';
  if (seconds < 1000) return `${Math.ceil(seconds)} s`;
  return `${Math.floor(seconds / 60)} min`;
}

/** Milliseconds since something started as an age in seconds, `0.2 s` … `99.9 s`, then as `duration`. */
export function age(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  const value = Math.max(0, ms);
  return value < 99_950 ? `${(value / 1000).toFixed(1)} s` : duration(value);
}

/** Bytes in binary units with three significant digits: `512 B`, `7.6 MiB`, `412 MiB`, `1.95 GiB`. At most 8 characters. */
export function bytes(count: number | null): string {
  if (count === null || !Number.isFinite(count)) return UNKNOWN;
  let value = Math.max(0, count);
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${units[unit]}`;
}

/** A count: `7`, `9,999`, then `12.3k`, `4.56M`. */
export function count(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  if (value < 9_999.5) return thousands(Math.round(value));
  if (value < 999_500) return `${threeDigits(value / 1000)}k`;
  return `${threeDigits(value / 1_000_000)}M`;
}

/** Events in a second: `0`, `0.4`, `9.8`, `182`. */
export function rate(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  if (value === 0) return '0';
  return value < 9.95 ? value.toFixed(1) : count(value);
}

/** Percent of one core (or any share times 100): `0.3 %`, `71 %`. */
export function percent(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return UNKNOWN;
  if (value > 0 && value < 9.95) return `${value.toFixed(1)} %`;
  return `${Math.round(value)} %`;
}

/** Wall clock in the local time zone, `14:02:31`. */
export function clock(at: number): string {
  const minute = Math.floor(at / 60_000);
  if (minute !== clocked.minute) {
    const time = new Date(at);
    clocked = {minute, text: [time.getHours(), time.getMinutes()].map(two).join(':')};
  }
  return `${clocked.text}:${two(Math.floor(at / 1000) - minute * 60)}`;
}

/** Whole screens of times are of the same minute, and only that takes the calendar. (No zone is off by seconds since 1972.) */
let clocked = {minute: NaN, text: ''};

function two(part: number): string {
  return String(part).padStart(2, '0');
}

/** `1 request`, `2 requests`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function threeDigits(value: number): string {
  if (value >= 99.95) return String(Math.round(value));
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2).replace(/0$/, '');
}

/** By hand: the first call of toLocaleString loads tables, 5 ms of the first frame. */
function thousands(whole: number): string {
  return whole < 1000 ? String(whole) : `${Math.floor(whole / 1000)},${String(whole % 1000).padStart(3, '0')}`;
}
