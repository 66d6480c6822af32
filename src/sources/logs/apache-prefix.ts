/**
 * One raw error log line -> its parts. Understands Apache's default format, ours (src/express/log-formats.ts) and, leniently, formats
 * of the user's own, where Apache leaves fragments such as `[req [conn [client ` behind when a piece has no value.
 */
import type {LogLevel} from '../../model/log.ts';
import {intern, own} from './intern.ts';
import {parseErrorLogTime} from './apache-time.ts';
import {unescapeLogText} from './unescape.ts';

export interface RawLine {
  at: number;
  /** Microseconds within the minute, -1 where unknown: lines of one write are a few microseconds apart. */
  micros: number;
  level: LogLevel;
  module?: string;
  pid?: number;
  tid?: number;
  client?: string;
  requestId?: string;
  code?: string;
  /** The message, unescaped, an operating system error in front where there is one. */
  text: string;
}

const HEAD = /^\[(\w{3} \w{3} [ \d]\d [\d:.]+ \d{4})\] \[(?:(\w*):)?(emerg|alert|crit|error|warn|notice|info|debug|trace)\d?\] /;
/** `[pid 8753:tid mod_wsgi …` has been seen from a real Apache: while it restarts, `%T` has no value and takes the bracket along. */
const PID = /^\[pid (\d+)(?::tid (?:(\d+)\] |(?!\d))|\] )/;
const FIELD = /^\[(req|request|conn|client|remote|script) (?:([^\][ ]+)\] |(?=\[))/;
/** The last of a row of fragments, with the message right behind it. */
const FRAGMENT = /^\[(?:req|request|conn|client|remote|script) /;
const OS_ERROR = /^\(\d+\)[^:[]*: /;
const SOURCE_FILE = /^[\w.-]+\.c\(\d+\): /;
const CODE = /^(?:\(\d+\)[^:[]*: )?((?:AH|WSGI)\d{4,5}): /;
const SCRIPT_AFTER_CODE = /^(WSGI\d{4}: )\[script [^\]]*\] /;

/** The parts of a line, or null when it does not begin as Apache's lines do. */
export function parseApacheLine(line: string): RawLine | null {
  if (!line.startsWith('[')) return null;
  const head = HEAD.exec(line);
  if (!head) return null;
  const time = parseErrorLogTime(head[1]!);
  if (!time) return null;
  const raw: RawLine = {at: time.at, micros: time.micros, level: intern(head[3]!) as LogLevel, text: ''};
  if (head[2]) raw.module = intern(head[2]);
  let rest = line.slice(head[0].length);

  const pid = PID.exec(rest);
  if (pid) {
    raw.pid = Number(pid[1]);
    if (pid[2]) raw.tid = Number(pid[2]);
    rest = rest.slice(pid[0].length);
  }
  rest = rest.replace(SOURCE_FILE, '');

  // Apache's default has the operating system's error before the client, other formats after it.
  let osError = '';
  const error = OS_ERROR.exec(rest);
  if (error) {
    osError = error[0];
    rest = rest.slice(osError.length);
  }
  rest = takeFields(rest, raw);
  rest = rest.replace(SCRIPT_AFTER_CODE, '$1');

  raw.text = own(osError + unescapeLogText(rest));
  const code = CODE.exec(raw.text);
  if (code) raw.code = intern(code[1]!);
  return raw;
}

/** Each field at most once: a second one is the message's own words. */
function takeFields(line: string, raw: RawLine): string {
  let rest = line;
  let fragments = raw.module === undefined;
  const seen = new Set<string>();
  for (let field = FIELD.exec(rest); field && !seen.has(field[1]!); field = FIELD.exec(rest)) {
    const [all, name, value] = field as unknown as [string, string, string | undefined];
    seen.add(name);
    if (value === undefined) fragments = true;
    else if (name === 'req' || name === 'request') raw.requestId = own(value);
    else if (name === 'client' || name === 'remote') raw.client = own(value);
    rest = rest.slice(all.length);
  }
  return fragments ? rest.replace(FRAGMENT, '') : rest;
}

/** Message code of a line without Apache's prefix (start-up output on the terminal). */
export function messageCode(text: string): string | undefined {
  return CODE.exec(text)?.[1];
}
