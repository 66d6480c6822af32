import {type ChildProcess, spawn} from 'node:child_process';
import {chmodSync, cpSync, mkdtempSync, rmSync} from 'node:fs';
import {connect} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import type {Column} from '../test/support/mod-wsgi.ts';
import {allProcesses, descendants, killAll, type ProcessInfo} from '../test/support/processes.ts';
import {freePort} from '../test/support/ports.ts';
import {Tty} from '../test/support/tty.ts';
import {sleep} from '../test/support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../dist/wsgideck.cjs');
const RUN_USER = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];

export interface Server {
  port: number;
  /** The application's folder, a copy. */
  folder: string;
  pid: number;
  /** Milliseconds of performance.now() just before the start. */
  started: number;
  tty: Tty | null;
  /** Its daemon processes now. */
  daemons(): ProcessInfo[];
  /** All processes that came of it, itself included. */
  processes(): ProcessInfo[];
  stop(): Promise<void>;
}

interface Place {
  folder: string;
  script: string;
  serverRoot: string;
  port: number;
  args: string[];
  remove(): void;
}

/** A copy of the application (a file of apps/, or a folder with an app.wsgi) that the run user can read, and the options that both programs understand. */
async function place(app: string, options: string[]): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'wd-bench-'));
  chmodSync(folder, 0o755);
  const script = join(folder, 'app.wsgi');
  const source = resolve(import.meta.dirname, 'apps', app);
  cpSync(source, app.endsWith('.wsgi') ? script : folder, {recursive: true});
  const port = await freePort();
  const serverRoot = join(folder, 'root');
  const args = [
    'start-server',
    script,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--server-root',
    serverRoot,
    ...RUN_USER,
    ...options,
  ];
  return {folder, script, serverRoot, port, args, remove: () => rmSync(folder, {recursive: true, force: true, maxRetries: 3})};
}

/** wsgideck from dist/, with its dashboard when `screen` is given, else without a terminal. `prepare` puts more into its folder. */
export async function startOurs(
  app: string,
  column: Column,
  options: string[] = [],
  screen?: {cols: number; rows: number},
  prepare: (folder: string) => void = () => {},
): Promise<Server> {
  const at = await place(app, options);
  prepare(at.folder);
  const command = [BUNDLE, ...at.args];
  if (screen !== undefined) {
    const started = performance.now();
    return server(at, new Tty(process.execPath, command, {...screen, cwd: at.folder, env: column.env}), started);
  }
  const started = performance.now();
  return server(
    at,
    spawn(process.execPath, [...command, '--plain'], {stdio: 'ignore', cwd: at.folder, env: {...process.env, ...column.env}}),
    started,
  );
}

/** The real mod_wsgi-express of the column's virtual environment. */
export async function startExpress(app: string, column: Column, options: string[] = []): Promise<Server> {
  if (column.pythonHome === null) throw new Error('the distribution packages no mod_wsgi-express');
  const at = await place(app, options);
  const started = performance.now();
  return server(at, spawn(join(column.pythonHome, 'bin/mod_wsgi-express'), at.args, {stdio: 'ignore', cwd: at.folder}), started);
}

/** Another server than mod_wsgi, on a port of its own, in the copy's folder. */
export async function startOther(app: string, command: (port: number) => {command: string; words: string[]}): Promise<Server> {
  const at = await place(app, []);
  const {command: program, words} = command(at.port);
  const started = performance.now();
  return server(at, spawn(program, words, {stdio: 'ignore', cwd: at.folder}), started);
}

function server(at: Place, child: Tty | ChildProcess, started: number): Server {
  const {pid} = child;
  if (pid === undefined) throw new Error('the program could not be started');
  const seen = new Map<number, ProcessInfo>();
  const processes = () => {
    for (const info of descendants(pid)) seen.set(info.pid, info);
    return allProcesses().filter((info) => info.state !== 'Z' && (info.pid === pid || seen.get(info.pid)?.started === info.started));
  };
  const stop = async () => {
    processes();
    process.kill(pid, 'SIGTERM');
    const end = Date.now() + 15_000;
    while (processes().length > 0 && Date.now() < end) await sleep(20);
    await killAll(processes());
    if (child instanceof Tty) child.dispose();
    at.remove();
  };
  return {
    port: at.port,
    folder: at.folder,
    pid,
    started,
    tty: child instanceof Tty ? child : null,
    daemons: () => processes().filter(({command}) => command.startsWith('(wsgi:')),
    processes,
    stop,
  };
}

/** Milliseconds from the start to the first byte of a 200. @throws Error after 30 s. */
export async function firstAnswer({port, started}: Server): Promise<number> {
  while (performance.now() - started < 30_000) {
    if (await answers(port)) return performance.now() - started;
    await sleep(1);
  }
  throw new Error('no 200 within 30 s');
}

/** One request on a bare socket: the measuring costs as little as it can. */
function answers(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
    socket.setTimeout(10_000, () => socket.destroy());
    socket.once('data', (data) => {
      done(/^HTTP\/1\.\d 200/.test(data.toString('latin1')));
      socket.destroy();
    });
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
  });
}
