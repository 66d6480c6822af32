/**
 * Access log lines -> entries: our private format (DECK_ACCESS_FORMAT) and, for servers that are not ours, `common` and `combined`.
 * Runs for every request of the server, so it uses no regular expression on the ordinary path.
 */
import type {AccessFields, LogEntry} from '../../model/log.ts';
import {parseAccessLogTime} from './apache-time.ts';
import {intern, own} from './intern.ts';
import {unescapeLogText} from './unescape.ts';

const FIELDS = 9;
const COMBINED = /^(\S+) \S+ (?:\S+|".*?") \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-)/;

/**
 * One line of our private access log. Null when it is not one (cut in two by a full disk, for example).
 * `pid` is the MPM child's, `at` the moment the answer was finished.
 */
export function parseDeckAccessLine(line: string): LogEntry | null {
  const cut: string[] = [];
  let from = 0;
  for (let i = 0; i < FIELDS - 1; i++) {
    const tab = line.indexOf('\t', from);
    if (tab < 0) return null;
    cut.push(line.slice(from, tab));
    from = tab + 1;
  }
  const [end, duration, code, size, id, client, pid, method] = cut as [string, string, string, string, string, string, string, string];
  const status = Number(code);
  // `-` stands for nothing sent; a request that could not be read has no status worth the name but still counts.
  const last = size.charAt(size.length - 1);
  const sized = last === 'X' || last === '+' || (last === '-' && size.length > 1) ? size.slice(0, -1) : size;
  const bytes = sized === '-' ? 0 : Number(sized);
  const micros = Number(duration);
  const at = Math.floor(Number(end) / 1000);
  if (!Number.isInteger(status) || !Number.isFinite(at) || !Number.isFinite(micros) || !Number.isFinite(bytes) || at <= 0) return null;
  const request: AccessFields = {method: intern(method), url: unescapeLogText(line.slice(from)), status, micros, bytes};
  if (last === 'X') request.aborted = true;
  return accessEntry(
    at,
    request,
    client === '' || client === '-' ? undefined : client,
    Number(pid),
    id === '' || id === '-' ? undefined : id,
  );
}

/** One line in Apache's `common` or `combined` format: no duration, so `micros` is 0 and the text has none. */
export function parseCommonAccessLine(line: string): LogEntry | null {
  const match = COMBINED.exec(line);
  if (!match) return null;
  const at = parseAccessLogTime(match[2]!);
  if (at === null) return null;
  const request = unescapeLogText(match[3]!);
  const [method, url] = request.split(' ', 2) as [string, string | undefined];
  const fields = {method: url === undefined ? '-' : intern(method), url: url ?? request, status: Number(match[4]), micros: 0};
  return accessEntry(at, {...fields, bytes: match[5] === '-' ? 0 : Number(match[5])}, match[1]);
}

/** Either format, told apart by its first characters. */
export function parseAccessLine(line: string): LogEntry | null {
  return line.includes('\t') ? (parseDeckAccessLine(line) ?? parseCommonAccessLine(line)) : parseCommonAccessLine(line);
}

function accessEntry(at: number, request: AccessFields, client?: string, pid?: number, requestId?: string): LogEntry {
  const {method, status, micros, bytes, aborted} = request;
  // A joined string is flat; one put together with + keeps all its parts for as long as it lives, which is long here.
  const words = micros > 0 ? [method, request.url, status, durationText(micros)] : [method, request.url, status];
  const text = (aborted ? [...words, '(client left)'] : words).join(' ');
  const url = text.slice(method.length + 1, method.length + 1 + request.url.length);
  const access: AccessFields = aborted ? {method, url, status, micros, bytes, aborted} : {method, url, status, micros, bytes};
  // One literal, absent fields as undefined: entries of one shape take a third less memory.
  return {seq: 0, at, source: 'access', level: status >= 500 ? 'error' : 'info', text, pid, requestId, client: ownClient(client), access};
}

let lastClient = '';

/** Neighbouring lines are often of one client. */
function ownClient(client: string | undefined): string | undefined {
  if (client === undefined || client === lastClient) return client === undefined ? undefined : lastClient;
  lastClient = own(client);
  return lastClient;
}

/** `0.4 ms`, `88 ms`, `1.2 s`. */
function durationText(micros: number): string {
  if (micros < 9_950) return `${(micros / 1000).toFixed(1)} ms`;
  if (micros < 999_500) return `${Math.round(micros / 1000)} ms`;
  return `${(micros / 1_000_000).toFixed(1)} s`;
}
