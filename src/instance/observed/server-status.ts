/** What Apache's own status page (mod_status) tells: busy and idle workers, and with ExtendedStatus the requests they are at. */
import {connect} from 'node:net';

export interface StatusPlace {
  host: string;
  port: number;
  path: string;
  hostHeader: string;
}

/** One request that a worker is at. */
export interface ScoreboardRequest {
  /** Of Apache's child, not of a daemon. */
  pid: number;
  /** Slot in the scoreboard and its place in the table: tells it from the others of this moment. */
  slot: string;
  method: string;
  /** Cut to 63 characters by Apache. */
  url: string;
  /** Whole seconds since its beginning. */
  seconds: number;
  client: string | null;
  host: string | null;
}

export interface Scoreboard {
  busy: number;
  idle: number;
  /** Finished since Apache's start; null without ExtendedStatus. */
  accesses: number | null;
  requests: ScoreboardRequest[];
  /** Is the table of requests there (ExtendedStatus). */
  extended: boolean;
}

/** Marks our own questions, which are left out of what is counted and shown. */
export const OUR_QUERY = 'wsgideck';
const LARGEST = 4 * 1024 * 1024;

/** Asks once. Rejects with the reason in one line. */
export async function fetchScoreboard(place: StatusPlace, timeoutMs: number): Promise<Scoreboard> {
  const {status, body} = await get(place, timeoutMs);
  if (status !== 200) throw new Error(`${place.path} answered with status ${status}`);
  const found = parseScoreboard(body, place.path);
  if (!found) throw new Error(`what answers at ${place.path} is not Apache's status page`);
  return found;
}

/** Pure. Null for another page. */
export function parseScoreboard(html: string, path: string): Scoreboard | null {
  const slots = [...html.matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map((one) => one[1]!.replaceAll(/\s/g, '')).join('');
  if (!html.includes('Apache Server Status') || !/^[_SRWKDCLGI.]+$/.test(slots)) return null;
  const accesses = /Total accesses: (\d+)/.exec(html)?.[1];
  const rows = [...html.matchAll(/<tr><td><b>([\d-]+)<\/b><\/td>([\s\S]*?)<\/tr>/g)];
  const requests = rows.flatMap(([, slot, rest], index) => requestOf(slot!, index, rest!)).filter((one) => !isOurs(one.url, path));
  const count = (letters: RegExp) => slots.match(letters)?.length ?? 0;
  return {
    // Our own question keeps one worker busy.
    busy: Math.max(0, count(/[SRWKDCLG]/g) - 1),
    idle: count(/_/g),
    accesses: accesses === undefined ? null : Number(accesses),
    requests,
    extended: rows.length > 0 || accesses !== undefined,
  };
}

/** Columns after the slot: PID, Acc, M, CPU, SS, Req, …, and at the end Client, Protocol, VHost, Request. `R` (reading) rows show an older request. */
function requestOf(slot: string, index: number, rest: string): ScoreboardRequest[] {
  const cells = [...rest.matchAll(/<td[^>]*>([\s\S]*?)(?=<td|<\/td>|$)/g)].map((one) => decode(one[1]!.replaceAll(/<[^>]*>/g, '')).trim());
  if (cells.length < 9 || !['W', 'L', 'C'].includes(cells[2]!)) return [];
  const [client, , host, request] = cells.slice(-4) as [string, string, string, string];
  const [method = '', url = ''] = request.split(' ');
  const pid = Number(cells[0]);
  const seconds = Number(cells[4]);
  if (!Number.isInteger(pid) || !Number.isFinite(seconds) || !url.startsWith('/') || cells[2] !== 'W') return [];
  return [{pid, slot: `${slot}.${index}`, method, url, seconds, client: client || null, host: host || null}];
}

/** Is this URL our own question? */
export function isOurs(url: string, path: string): boolean {
  return url === `${path}?${OUR_QUERY}`;
}

const ENTITIES: Record<string, string> = {amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: ' '};

function decode(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => ENTITIES[name]!);
}

/** On a bare socket: Node's HTTP client would take 20 ms to load. The answer ends with the connection. */
function get({host, port, path, hostHeader}: StatusPlace, timeoutMs: number): Promise<{status: number; body: string}> {
  return new Promise((done, reject) => {
    const socket = connect({host, port});
    let text = '';
    const late = setTimeout(() => socket.destroy(new Error(`${path} did not answer within ${timeoutMs / 1000} s`)), timeoutMs);
    socket.setEncoding('latin1');
    socket.on('connect', () => {
      // HTTP/1.0: no chunks, and the end of the connection is the end of the answer.
      socket.write(`GET ${path}?${OUR_QUERY} HTTP/1.0\r\nHost: ${hostHeader}\r\nUser-Agent: wsgideck\r\nConnection: close\r\n\r\n`);
    });
    socket.on('data', (part: string) => {
      text += part;
      if (text.length > LARGEST) socket.destroy(new Error(`${path} answered more than ${LARGEST} bytes`));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(late);
      reject(error.code === 'ECONNREFUSED' ? new Error(`nothing listens on ${host}:${port}`) : error);
    });
    socket.on('close', () => {
      clearTimeout(late);
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      if (status === undefined) return reject(new Error(`${path} gave no answer`));
      done({status: Number(status), body: text.slice(text.indexOf('\r\n\r\n') + 4)});
    });
  });
}
