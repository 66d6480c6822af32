import {spawn, type ChildProcess} from 'node:child_process';
import {existsSync, fstatSync, readSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {connectDeck} from '../control/client.ts';
import type {ServerPlan} from '../express/index.ts';
import {checkServerRoot} from '../express/preflight/server-root.ts';
import {claimServerRoot} from '../express/server-root/claim.ts';
import {lockDescriptor, releaseLock} from '../express/server-root/lock.ts';
import {closeOutput, openOutput, type OutputFile} from '../express/server-root/output-file.ts';
import type {InstanceState} from '../model/state.ts';
import {duration} from '../terminal/format.ts';
import {safeText} from '../terminal/safe-text.ts';
import {backgroundEnvironment} from './background.ts';
import {noRoom} from './no-room.ts';
import {refuse, say, systemProblem} from './say.ts';

/** Seconds for the first answer: mod_wsgi's own limit for loading the application and as much again for Apache, at least this. */
const PATIENCE = 60;
/** Seconds beyond the shutdown timeout that a supervisor has to end in. */
const LONGER = 3;
/** Milliseconds between two looks for the control socket. */
const LOOK = 25;
/** Lines shown when a start has failed without a word of ours. */
const LAST_LINES = 10;
/** What is read of the output, in bytes: its beginning would be somebody's flood. */
const MOST = 256 * 1024;

const STOPS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * `--detach`: starts this same command again, in a session of its own, with its output in a file of the server root, and stays until the first request
 * has been answered. Whatever goes wrong before that is said here, and ends it. Sets the exit status: 0 when the server runs.
 */
export async function detach(plan: ServerPlan): Promise<void> {
  const refused = checkServerRoot(plan).filter(({severity}) => severity === 'error');
  if (refused.length > 0) return refuse(refused);
  const fresh = !existsSync(plan.paths.root);
  let output: OutputFile;
  try {
    // Before the output of a server that runs there could be moved out of the way. The lock is the child's from its first moment.
    const {problems} = await claimServerRoot(plan, {say});
    if (problems.some(({severity}) => severity === 'error')) return refuse(problems);
    output = openOutput(plan, fresh);
  } catch (error) {
    releaseLock(plan.paths.lock);
    return refuse([systemProblem(error)]);
  }
  const {fd} = output;
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio: ['ignore', fd, fd, lockDescriptor(plan.paths.lock)],
    env: backgroundEnvironment(fresh),
  });
  releaseLock(plan.paths.lock, true);
  const exit = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({code, signal}));
    child.once('error', () => resolve({code: 1, signal: null}));
  });
  // A signal to this command stops the server. A supervisor that is stopped or held does not obey: once it is killed, its guard ends Apache.
  const limit = Math.max(0, plan.options.shutdownTimeout) + LONGER;
  let kill: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGTERM');
    kill ??= setTimeout(() => {
      say(`error: the supervisor (pid ${child.pid}) has not ended within ${limit} s; it is killed, and its guard ends Apache`);
      child.kill('SIGKILL');
    }, limit * 1000);
  };
  for (const signal of STOPS) process.once(signal, stop);
  const seconds = Math.max(PATIENCE, plan.options.startupTimeout * 2);
  const late = setTimeout(() => {
    say(`error: no answer within ${seconds} s; stopping it again`);
    stop();
  }, seconds * 1000);
  const waiting = new AbortController();
  const result = await Promise.race([exit, answered(plan, child, waiting.signal)]);
  waiting.abort();
  clearTimeout(late);
  clearTimeout(kill);
  // From here on a signal means this command, not the server.
  for (const signal of STOPS) process.off(signal, stop);
  if ('lifecycle' in result) report(plan, result, child.pid ?? 0, fd);
  else await failed(plan, result, fd);
  closeOutput(output, plan);
  child.unref();
}

/** The state of the server once it has answered; not settled when it ends before. */
async function answered(plan: ServerPlan, {pid}: ChildProcess, signal: AbortSignal): Promise<InstanceState> {
  while (!signal.aborted) {
    await sleep(LOOK);
    if (!existsSync(plan.paths.controlSocket)) continue;
    const deck = await connectDeck(plan.paths.controlSocket, {client: 'start', readOnly: true}).catch(() => null);
    if (deck === null) continue;
    const here = () =>
      deck.state().info?.supervisorPid === pid && deck.state().lifecycle.answeredAt !== null && deck.state().lifecycle.phase !== 'starting';
    await new Promise<void>((resolve) => {
      const look = () => (here() || deck.closed() !== null) && resolve();
      deck.subscribe(look);
      look();
    });
    deck.end();
    if (here()) return deck.state();
  }
  return new Promise(() => {});
}

function report(plan: ServerPlan, {name, info, lifecycle}: InstanceState, pid: number, fd: number): void {
  for (const line of ourWords(fd)) process.stderr.write(`${line}\n`);
  const {port} = plan.options;
  const lines = [
    `${name} serves ${info?.url ?? ''} in the background (supervisor ${pid}); first answer after ${duration(lifecycle.answeredMs)}`,
    ...(lifecycle.detail !== '' ? [`  note: ${lifecycle.detail}; see wsgideck status ${port}`] : []),
    `  a screen    wsgideck attach ${port}`,
    `  at a glance wsgideck status ${port}`,
    `  stop it     wsgideck stop ${port}`,
    `  server root ${plan.paths.root}`,
  ];
  process.stdout.write(`${lines.map((line) => safeText(line)).join('\n')}\n`);
}

async function failed(plan: ServerPlan, {code, signal}: Exit, fd: number): Promise<void> {
  const own = ourWords(fd);
  for (const line of own.length > 0 ? own : textOf(fd).slice(-LAST_LINES)) process.stderr.write(`${safeText(line)}\n`);
  const how = signal === null ? `status ${code}` : signal;
  if (!own.some((line) => line.startsWith('wsgideck: error: '))) {
    // Its own words had no room either.
    const full = await noRoom(plan.paths.root);
    say(full === null ? `error: ${plan.info.name} has ended (${how}) before it answered` : `error: ${full}`);
  }
  process.exitCode = code || 1;
}

/** What was said to the user, warnings included; the rest is the course of events. */
function ourWords(fd: number): string[] {
  return textOf(fd).filter((line) => line.startsWith('wsgideck: '));
}

function textOf(fd: number): string[] {
  const size = fstatSync(fd).size;
  const buffer = Buffer.alloc(Math.min(size, MOST));
  return buffer
    .toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, size - buffer.length))
    .split('\n')
    .filter((line) => line !== '');
}
