import type {LogEntry} from '../../model/log.ts';
import {maskText} from '../incidents/mask.ts';

/** A log entry without its secrets: the same object when there are none, as nearly always. */
export function maskEntry(entry: LogEntry): LogEntry {
  const text = maskText(entry.text);
  const url = entry.access && maskText(entry.access.url);
  const more = entry.more && maskLines(entry.more);
  if (text === entry.text && url === entry.access?.url && more === entry.more) return entry;
  const masked = {...entry, text};
  if (more) masked.more = more;
  if (entry.access && url !== undefined) masked.access = {...entry.access, url};
  return masked;
}

function maskLines(lines: string[]): string[] {
  const masked = lines.map(maskText);
  return masked.every((line, index) => line === lines[index]) ? lines : masked;
}
