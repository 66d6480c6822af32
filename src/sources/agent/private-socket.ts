import {chmodSync, chownSync, unlinkSync} from 'node:fs';
import {createServer, type Server, type Socket} from 'node:net';

const MAX_CONNECTIONS = 256;

/**
 * Listens on a unix socket that only its owner can use; a stale one is replaced.
 * @param owner the user who may connect, when it is not ours; takes effect only as root.
 * @throws Error with the cause when that is impossible.
 */
export async function listenPrivately(
  path: string,
  onConnection: (socket: Socket) => void,
  owner: {uid: number; gid: number} | null,
): Promise<Server> {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const server = createServer(onConnection);
  server.maxConnections = MAX_CONNECTIONS;
  // Nobody may slip in between bind and chmod.
  const mask = process.umask(0o177);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
  } finally {
    process.umask(mask);
  }
  server.on('error', () => {});
  if (owner !== null && process.getuid?.() === 0) chownSync(path, owner.uid, owner.gid);
  chmodSync(path, 0o600);
  return server;
}
