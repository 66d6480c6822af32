import {request} from 'node:http';

export interface ProbeTarget {
  host: string;
  port: number;
  path: string;
  /** Host header, so that a named virtual host answers. */
  hostHeader?: string;
}

export type ProbeResult = {answered: true; status: number} | {answered: false; reason: string; refused: boolean};

/**
 * One HTTP request to the server. Any complete status line counts as an answer, also a 500: the server is up and says so.
 * @param timeoutMs how long to wait for the status line.
 */
export function probe(target: ProbeTarget, timeoutMs: number, signal?: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: target.host,
        port: target.port,
        path: target.path,
        method: 'GET',
        agent: false,
        headers: {'user-agent': 'wsgideck-probe', connection: 'close', ...(target.hostHeader ? {host: target.hostHeader} : {})},
        timeout: timeoutMs,
        ...(signal ? {signal} : {}),
      },
      (response) => {
        resolve({answered: true, status: response.statusCode ?? 0});
        response.on('error', () => {});
        response.destroy();
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${Math.round(timeoutMs / 1000)} s`)));
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      resolve({answered: false, reason: error.message, refused: error.code === 'ECONNREFUSED'});
    });
    outgoing.end();
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
export async function untilAnswered(
  target: ProbeTarget,
  signal: AbortSignal,
  onTry?: (result: ProbeResult) => void,
): Promise<number | null> {
  for (let tries = 0; !signal.aborted; tries++) {
    const result = await probe(target, 60_000, signal);
    if (result.answered) return result.status;
    if (signal.aborted) return null;
    onTry?.(result);
    await new Promise((resolve) => setTimeout(resolve, result.refused ? pause(tries) : 100));
  }
  return null;
}
