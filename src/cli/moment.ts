/** The ends of what a moment is looked for in, in milliseconds since the epoch. */
interface Range {
  from: number;
  to: number;
}

/**
 * A moment as people write it: a time of day (the newest such moment in the range), a date with time, milliseconds since the epoch, seconds from the beginning
 * (`+90`) or before the end (`-60`). In local time.
 * @throws Error in one line when it is none of these, or not in the range.
 */
export function momentOf(text: string, {from, to}: Range): number {
  const at = read(text, {from, to});
  if (at === null || Number.isNaN(at)) throw new Error(`"${text}" is no time: give 14:03:20, 2026-11-20T14:03:20, +90 or -60`);
  // A time without milliseconds means its whole second.
  if (at < from - 1000 || at > to + 1000)
    throw new Error(`${text} is not in the recording, which goes from ${local(from)} to ${local(to)}`);
  return Math.min(Math.max(at, from), to);
}

function read(text: string, {from, to}: Range): number | null {
  if (/^\+\d+(\.\d+)?$/.test(text)) return from + Number(text) * 1000;
  if (/^-\d+(\.\d+)?$/.test(text)) return to + Number(text) * 1000;
  if (/^\d{12,14}$/.test(text)) return Number(text);
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?$/.test(text)) return new Date(text.replace(' ', 'T')).getTime();
  const found = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text);
  if (found === null) return null;
  const [, hours, minutes, seconds = '0'] = found;
  const day = new Date(to);
  day.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  // Later in the day than the end: it is of the day before.
  if (day.getTime() > to + 1000) day.setDate(day.getDate() - 1);
  return day.getTime();
}

function local(at: number): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}
