import {readFileSync} from 'node:fs';
import type {LogEntry} from '../../src/model/log.ts';
import {ErrorLogParser, type ErrorLogParserOptions} from '../../src/sources/logs/error-log-parser.ts';
import {decodeBytes} from '../../src/sources/logs/unescape.ts';

/** All entries of a log of the fixtures, as the log follower would make them. */
export function entriesOf(file: string | URL, options: ErrorLogParserOptions = {}): LogEntry[] {
  const entries: LogEntry[] = [];
  const parser = new ErrorLogParser((entry) => entries.push(entry), options);
  for (const line of linesOf(file)) parser.push(line);
  parser.flush(true);
  return entries;
}

/** Its raw lines, decoded as the follower does. */
export function linesOf(file: string | URL): string[] {
  const lines = readFileSync(file).toString('latin1').split('\n').slice(0, -1);
  return lines.map((line) => decodeBytes(Buffer.from(line, 'latin1')));
}
