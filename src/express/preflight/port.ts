import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem} from '../problem.ts';
import {describeOwner} from './port-owner.ts';

/** Loaded when it is needed: most starts leave the question to the guard. */
const net = () => process.getBuiltinModule('node:net');

/** Addresses that every machine has: there only the port can be in the way. */
const SURE = new Set([null, '127.0.0.1', '0.0.0.0', 'localhost']);
const FIRST_FREE_FOR_ALL = 1024;
/** Nobody there, no IPv6 here. */
const REFUSED = new Set(['ECONNREFUSED', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETUNREACH']);

/** Is a connection to this port refused there (or is there no such address). Somebody who listens and is too busy to answer refuses nothing. */
function refuses(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net().connect({host, port});
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.setTimeout(500, () => socket.destroy(new Error('no answer')));
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(REFUSED.has(error.code ?? '')));
  });
}

/**
 * The usual case, told by a connection that is refused: a tenth of the time of listening ourselves, and no early client is let in only to be cut off.
 * (The kernel's own table of listeners takes 10 ms to read.) Somebody who listens on another address only is left for Apache to find.
 */
async function surelyFree(host: string | null, port: number): Promise<boolean> {
  if (!SURE.has(host) || port < FIRST_FREE_FOR_ALL) return false;
  const places = host === null ? ['127.0.0.1', '::1'] : ['127.0.0.1'];
  return (await Promise.all(places.map((place) => refuses(place, port)))).every(Boolean);
}

/**
 * Ports of this machine's loopback addresses that the guard can ask about at the last moment, which takes it 50 microseconds (us, with what has to be
 * loaded for it, 4 ms); null when it needs the whole check before the launch. Without a --host Apache listens on IPv6 too, and where somebody is in the
 * way only there it would serve one half of the clients.
 */
export function portsForGuard({options, https}: ServerPlan): {numbers: number[]; six: boolean} | null {
  const numbers = https === null || https.port === options.port ? [options.port] : [options.port, https.port];
  return SURE.has(options.host) && Math.min(...numbers) >= FIRST_FREE_FOR_ALL ? {numbers, six: options.host === null} : null;
}

/** Tries to listen as Apache will; null when that works. */
function tryListen(host: string | null, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = net().createServer();
    server.once('error', resolve);
    server.listen(host === null ? {port} : {host, port}, () => server.close(() => resolve(null)));
  });
}

/** Can Apache listen on all of its ports; if not, who is in the way. */
export async function checkPorts({options, https}: ServerPlan): Promise<Problem[]> {
  const checks = [checkPort(options.host, options.port, '--port')];
  if (https !== null && https.port !== options.port) checks.push(checkPort(options.host, https.port, '--https-port'));
  return (await Promise.all(checks)).flat();
}

async function checkPort(host: string | null, port: number, flag: string): Promise<Problem[]> {
  if (await surelyFree(host, port)) return [];
  const error = await tryListen(host, port);
  switch (error?.code) {
    case undefined:
      return [];
    case 'EADDRINUSE':
      return [failure(`port ${port} is in use: ${describeOwner(port)}; stop it or give another ${flag}`)];
    case 'EACCES':
      return [failure(`port ${port} is not allowed: ports below 1024 need root; give a ${flag} from 1024 on, or run as root with --user`)];
    case 'EADDRNOTAVAIL':
      return [failure(`cannot listen on ${host}: it is not an address of this machine; correct --host or leave it out`)];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return [failure(`cannot listen on ${host}: the name is not known; correct --host or leave it out`)];
    default:
      return [failure(`cannot listen on port ${port}: ${error?.message}; give another ${flag} or --host`)];
  }
}
