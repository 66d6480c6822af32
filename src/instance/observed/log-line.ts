/** Access log lines in the server's own LogFormat -> entries. */
import type {LogEntry} from '../../model/log.ts';
import {parseAccessLogTime} from '../../sources/logs/apache-time.ts';
import {intern, own} from '../../sources/logs/intern.ts';
import {unescapeLogText} from '../../sources/logs/unescape.ts';

/** What Apache knows without a LogFormat line. */
export const COMMON = '%h %l %u %t "%r" %>s %b';

export interface AccessLineParser {
  /** Does the format say how long a request took? Without it there are no percentiles. */
  readonly timed: boolean;
  /** Null for a line that is not in this format. */
  parse(line: string): LogEntry | null;
}

type Field =
  | 'client'
  | 'time'
  | 'request'
  | 'method'
  | 'path'
  | 'query'
  | 'status'
  | 'bytes'
  | 'micros'
  | 'millis'
  | 'seconds'
  | 'pid'
  | 'id';

const FIELDS: Record<string, Field> = {
  h: 'client',
  a: 'client',
  t: 'time',
  r: 'request',
  m: 'method',
  U: 'path',
  q: 'query',
  s: 'status',
  b: 'bytes',
  B: 'bytes',
  O: 'bytes',
  D: 'micros',
  T: 'seconds',
  P: 'pid',
  L: 'id',
};

/** One `%…` of a LogFormat: conditions and `>` or `<`, an argument in braces, its letter(s). */
const ITEM = /%(?:[!,\d]*)[<>]?(?:\{([^}]*)\})?(\^?[A-Za-z]{1,2}|%)/y;

/** Makes a parser of a LogFormat (`%h %l %u %t "%r" %>s %b …`); null for one that says too little: a request and its status are needed. */
export function accessLineParser(logFormat: string): AccessLineParser | null {
  const format = logFormat.replaceAll('\\t', '\t').replaceAll('\\n', '');
  const fields: (Field | null)[] = [];
  const seen = new Set<Field>();
  let source = '^';
  let quoted = false;
  for (let at = 0; at < format.length;) {
    ITEM.lastIndex = at;
    const item = format[at] === '%' ? ITEM.exec(format) : null;
    if (item) {
      // Two letters only with a caret (%^FB); else the second one is text.
      const letter = item[2]!.startsWith('^') ? item[2]! : item[2]![0]!;
      at = item.index + item[0].length - (item[2]!.length - letter.length);
      if (letter === '%') {
        source += '%';
        continue;
      }
      const field = fieldOf(letter, item[1]);
      const fresh = field !== null && !seen.has(field);
      if (fresh) seen.add(field);
      fields.push(fresh ? field : null);
      source += quoted
        ? '((?:[^"\\\\]|\\\\.)*)'
        : field === 'time'
          ? '\\[([^\\]]*)\\]'
          : field === 'path' || field === 'request'
            ? '(.*?)'
            : '(\\S*?)';
    } else {
      if (format[at] === '"') quoted = !quoted;
      source += format[at]!.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
      at++;
    }
  }
  if (!seen.has('status') || !(seen.has('request') || seen.has('path'))) return null;
  const expression = new RegExp(`${source}$`);
  const timed = seen.has('micros') || seen.has('millis') || seen.has('seconds');
  return {timed, parse: (line) => entryOf(expression.exec(line), fields)};
}

function fieldOf(letter: string, argument: string | undefined): Field | null {
  if (letter === 'T' && argument === 'us') return 'micros';
  if (letter === 'T' && argument === 'ms') return 'millis';
  if (letter === 't') return argument === undefined ? 'time' : null;
  if (letter === 'a' && argument !== undefined) return null;
  if (argument !== undefined && letter !== 'T') return null;
  return FIELDS[letter] ?? null;
}

function entryOf(match: RegExpExecArray | null, fields: readonly (Field | null)[]): LogEntry | null {
  if (!match) return null;
  const got: Partial<Record<Field, string>> = {};
  for (const [index, field] of fields.entries()) if (field !== null) got[field] = match[index + 1]!;
  const status = Number(got.status);
  if (!Number.isInteger(status) || status < 100) return null;
  const at = got.time === undefined ? Date.now() : parseAccessLogTime(got.time);
  if (at === null) return null;
  const request = unescapeLogText(got.request ?? `${got.method ?? '-'} ${got.path ?? ''}${got.query ?? ''}`);
  const [verb, target] = request.split(' ', 2) as [string, string | undefined];
  const method = target === undefined ? '-' : intern(verb);
  const url = own(target ?? request);
  const micros = Math.round(Number(got.micros ?? 0) || Number(got.millis ?? 0) * 1000 || Number(got.seconds ?? 0) * 1_000_000) || 0;
  const bytes = Number(got.bytes ?? 0) || 0;
  const text = [method, url, status, ...(micros > 0 ? [duration(micros)] : [])].join(' ');
  const pid = Number(got.pid) || undefined;
  const requestId = got.id === undefined || got.id === '-' || got.id === '' ? undefined : own(got.id);
  const client = got.client === undefined || got.client === '-' ? undefined : own(got.client);
  return {
    seq: 0,
    at,
    source: 'access',
    level: status >= 500 ? 'error' : 'info',
    text,
    pid,
    requestId,
    client,
    access: {method, url, status, micros, bytes},
  };
}

function duration(micros: number): string {
  if (micros < 9_950) return `${(micros / 1000).toFixed(1)} ms`;
  return micros < 999_500 ? `${Math.round(micros / 1000)} ms` : `${(micros / 1_000_000).toFixed(1)} s`;
}
