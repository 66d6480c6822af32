/**
 * Apache's local time stamps -> milliseconds since the epoch. Lines come in bursts of the same minute, so the last minute is kept.
 */
const MONTHS: Record<string, number> = {Jan: 0, Feb: 1, Mar: 2, Apr: 3, May: 4, Jun: 5, Jul: 6, Aug: 7, Sep: 8, Oct: 9, Nov: 10, Dec: 11};

let lastMinute = '';
let lastMinuteMs = 0;

export interface ApacheTime {
  /** Milliseconds since the epoch. */
  at: number;
  /** Microseconds within the day's second, -1 where the stamp has no fraction; orders lines finer than `at`. */
  micros: number;
}

/**
 * `Fri Nov 20 08:29:39.669725 2026` or without the fraction, in the local time zone (as Apache writes it).
 * Null when it is something else.
 */
export function parseErrorLogTime(stamp: string): ApacheTime | null {
  // Fixed columns: "Fri Nov 20 08:29:39" is 19 characters, then an optional fraction, a blank and the year.
  const yearAt = stamp.lastIndexOf(' ');
  if (yearAt < 19) return null;
  const minute = stamp.slice(4, 16) + stamp.slice(yearAt);
  if (minute !== lastMinute) {
    const month = MONTHS[stamp.slice(4, 7)];
    const ms = new Date(
      Number(stamp.slice(yearAt + 1)),
      month ?? Number.NaN,
      Number(stamp.slice(8, 10)),
      Number(stamp.slice(11, 13)),
      Number(stamp.slice(14, 16)),
    ).getTime();
    if (Number.isNaN(ms)) return null;
    lastMinute = minute;
    lastMinuteMs = ms;
  }
  const seconds = Number(stamp.slice(17, 19));
  if (Number.isNaN(seconds)) return null;
  if (stamp[19] !== '.') return {at: lastMinuteMs + seconds * 1000, micros: -1};
  const micros = Number(stamp.slice(20, yearAt).padEnd(6, '0').slice(0, 6));
  if (Number.isNaN(micros)) return null;
  return {at: lastMinuteMs + seconds * 1000 + Math.floor(micros / 1000), micros: seconds * 1_000_000 + micros};
}

/** `20/Nov/2026:10:09:58 +0000`, the access log's `%t` without its brackets. Null when it is something else. */
export function parseAccessLogTime(stamp: string): number | null {
  const match = /^(\d{2})\/(\w{3})\/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})$/.exec(stamp);
  if (!match) return null;
  const [, day, month, year, hour, minute, second, sign, zoneHour, zoneMinute] = match;
  const utc = Date.UTC(Number(year), MONTHS[month!] ?? Number.NaN, Number(day), Number(hour), Number(minute), Number(second));
  const zone = (Number(zoneHour) * 60 + Number(zoneMinute)) * 60_000;
  return Number.isNaN(utc) ? null : utc - (sign === '+' ? zone : -zone);
}
