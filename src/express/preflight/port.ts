import {createServer} from 'node:net';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem} from '../problem.ts';
import {describeOwner, isListenedOn} from './port-owner.ts';

/** Addresses that every machine has: there only the port can be in the way. */
const SURE = new Set([null, '127.0.0.1', '0.0.0.0', 'localhost']);
const FIRST_FREE_FOR_ALL = 1024;

/**
 * The usual case without a socket of our own: the kernel's table says who listens, ten milliseconds faster, and no early client is let in only
 * to be cut off.
 */
function surelyFree(host: string | null, port: number): boolean {
  return SURE.has(host) && port >= FIRST_FREE_FOR_ALL && isListenedOn(port) === false;
}

/** Tries to listen as Apache will; null when that works. */
function tryListen(host: string | null, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(host === null ? {port} : {host, port}, () => server.close(() => resolve(null)));
  });
}

/** Can Apache listen there; if not, who is in the way. */
export async function checkPort(plan: ServerPlan): Promise<Problem[]> {
  const {host, port} = plan.options;
  if (surelyFree(host, port)) return [];
  const error = await tryListen(host, port);
  switch (error?.code) {
    case undefined:
      return [];
    case 'EADDRINUSE':
      return [failure(`port ${port} is in use: ${describeOwner(port)}; stop it or give another --port`)];
    case 'EACCES':
      return [failure(`port ${port} is not allowed: ports below 1024 need root; give a --port from 1024 on, or run as root with --user`)];
    case 'EADDRNOTAVAIL':
      return [failure(`cannot listen on ${host}: it is not an address of this machine; correct --host or leave it out`)];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [failure(`cannot listen on ${host}: the name is not known; correct --host or leave it out`)];
    default:
      return [failure(`cannot listen on port ${port}: ${error?.message}; give another --port or --host`)];
  }
}
