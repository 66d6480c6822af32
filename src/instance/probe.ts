import {connect} from 'node:net';

export interface ProbeTarget {
  host: string;
  port: number;
  path: string;
  /** Host header, so that a named virtual host answers. */
  hostHeader?: string;
}

export type ProbeResult = {answered: true; status: number} | {answered: false; reason: string; refused: boolean};

/** A status line is never longer than this, in characters. */
const LONGEST = 1024;

/**
 * One HTTP request to the server. Any complete status line counts as an answer, also a 500: the server is up and says so. On a bare socket,
 * because Node's HTTP client takes 20 ms to load, at the very moment when Apache wants both processors.
 * @param timeoutMs how long to wait for the status line.
 */
export function probe({host, port, path, hostHeader}: ProbeTarget, timeoutMs: number, signal?: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({host, port});
    let text = '';
    const end = (result: ProbeResult) => {
      signal?.removeEventListener('abort', abort);
      socket.destroy();
      resolve(result);
    };
    const fail = (reason: string, refused = false) => end({answered: false, reason, refused});
    const abort = () => fail('no longer wanted');
    if (signal?.aborted) return abort();
    signal?.addEventListener('abort', abort);
    socket.setTimeout(timeoutMs, () => fail(`no answer within ${Math.round(timeoutMs / 1000)} s`));
    socket.on('connect', () => {
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: ${hostHeader ?? `${host}:${port}`}\r\nUser-Agent: wsgideck-probe\r\nAccept: */*\r\nConnection: close\r\n\r\n`,
      );
    });
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
      const status = /^HTTP\/1\.[01] (\d{3})[ \r]/.exec(text)?.[1];
      if (status !== undefined) end({answered: true, status: Number(status)});
      else if (text.length > LONGEST) fail('what answers is no web server');
    });
    socket.on('error', (error: NodeJS.ErrnoException) => fail(error.message, error.code === 'ECONNREFUSED'));
    socket.on('close', () => fail('the connection was closed without an answer'));
  });
}

/** Milliseconds between tries while the port is refused: short at first, so that the time measured is the server's and not ours. */
function pause(tries: number): number {
  return tries < 100 ? 5 : 100;
}

/**
 * Asks until the server answers or `signal` aborts.
 * @returns the status, or null when aborted.
 */
export async function untilAnswered(target: ProbeTarget, signal: AbortSignal): Promise<number | null> {
  for (let tries = 0; !signal.aborted; tries++) {
    const result = await probe(target, 60_000, signal);
    if (result.answered) return result.status;
    if (signal.aborted) return null;
    await new Promise((resolve) => setTimeout(resolve, result.refused ? pause(tries) : 100));
  }
  return null;
}
