import {kill} from 'node:process';
import type {CommandResult} from '../../model/commands.ts';
import type {Bus} from '../bus.ts';

/** What a recycled process' end is called, wherever it is told. */
const ASKED = 'recycled: asked for';

/**
 * Has one daemon process finish its requests and be replaced: SIGUSR1, which mod_wsgi (4.x to 6.x) takes for that.
 * @param isOurs whether a pid is one of this server's now.
 */
export function recycle(bus: Bus, isOurs: (pid: number) => boolean, pid: number): CommandResult {
  const {processes, requests, agents, info} = bus.state();
  const row = processes.find((one) => one.pid === pid);
  if (!row || !isOurs(pid)) return {ok: false, text: `process ${pid} is not part of this server (any more)`};
  if (row.role === 'service') return {ok: false, text: `${row.label} is a service script; SIGTERM ends it, and Apache starts it again`};
  if (row.role !== 'daemon') return {ok: false, text: `only daemon processes are recycled; ${pid} is ${withArticle(row.role)}`};
  const inFlight = requests.filter((one) => one.pid === pid);
  bus.put({
    type: 'restart',
    pid,
    cause: 'graceful',
    text: ASKED,
    processGroup: row.label || (info?.processGroup ?? ''),
    inFlight,
    source: 'exit',
  });
  try {
    kill(pid, 'SIGUSR1');
  } catch (error) {
    return {ok: false, text: `SIGUSR1 to ${pid}: ${(error as Error).message}`};
  }
  const wedged = agents.some((one) => one.pid === pid && one.state !== 'connected');
  const words = `daemon ${pid} ${fate(inFlight.length, info?.gracefulTimeout ?? 0, info?.shutdownTimeout ?? 0)}`;
  return {ok: true, text: wedged ? `${words}; its interpreter is held, so nothing may finish` : words};
}

/** Measured on 4.9.4 and 6.1.1: it goes on taking new requests until it has none, or graceful-timeout is over. */
function fate(count: number, graceful: number, shutdown: number): string {
  if (count === 0) return 'has no request in flight and is replaced at once';
  const which = count === 1 ? 'its request in flight and new ones' : `its ${count} requests in flight and new ones`;
  const most = graceful > 0 ? `at most ${graceful} s; what is not done ${shutdown} s after that is cut` : 'however long that takes';
  return `serves ${which} until it has none, then is replaced: ${most}`;
}

function withArticle(role: string): string {
  return role === 'apache' ? "Apache's parent" : `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`;
}
