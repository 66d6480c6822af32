import {request} from 'node:http';

export interface Reply {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface GetOptions {
  /** Milliseconds for the whole exchange; 30 s unless told. */
  timeout?: number;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/**
 * One HTTP request on a connection of its own; the path goes out exactly as given.
 * @throws Error on refusal, on a cut connection, and after `timeout`.
 */
export function get(url: string, {timeout = 30_000, method = 'GET', headers = {}, body}: GetOptions = {}): Promise<Reply> {
  const [, host = '', path = '/'] = /^http:\/\/([^/]+)(\/.*)?$/.exec(url) ?? [];
  const [hostname, port = '80'] = host.split(':');
  return new Promise((resolve, reject) => {
    const sent = request({hostname, port, path, method, headers, agent: false, signal: AbortSignal.timeout(timeout)}, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString()}),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
