import {connect} from 'node:net';

export interface Load {
  requests: number;
  /** Refused, reset, cut before the end, or answered with something else than 200. */
  failed: number;
  /** Ends it when the requests under way are over. */
  stop(): Promise<void>;
}

/** So many clients that ask one request after the other, each on a connection of its own, with a pause in milliseconds between them. */
export function startLoad(port: number, clients: number, pause = 5): Load {
  let going = true;
  const load: Load = {requests: 0, failed: 0, stop: async () => {}};
  const client = async () => {
    while (going) {
      const body = await ask(port);
      load.requests++;
      if (body === null) load.failed++;
      await new Promise((resume) => setTimeout(resume, pause));
    }
  };
  const running = Array.from({length: clients}, client);
  load.stop = async () => {
    going = false;
    await Promise.all(running);
  };
  return load;
}

/** The body of a 200 that came whole, or null. */
export function ask(port: number): Promise<string | null> {
  return new Promise((done) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\nHost: localhost\r\n\r\n'));
    socket.setTimeout(15_000, () => socket.destroy());
    socket.setEncoding('latin1');
    socket.on('data', (data: string) => (text += data));
    socket.once('error', () => {});
    socket.once('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n', 2);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN);
      // runserver says no length: its answer is whole when it has its last line.
      const whole = Number.isNaN(length) ? body.endsWith('\n') : body.length === length;
      done(/^HTTP\/1\.\d 200/.test(head) && whole ? body : null);
    });
  });
}
