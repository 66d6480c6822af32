import {existsSync, statSync, writeFileSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {findRunUser, type RunUser, wantedUser} from '../../express/discovery/accounts.ts';
import type {Host} from '../../express/host.ts';
import type {GuardLaunch} from '../guard.ts';
import {includeFile} from './include-file.ts';
import type {OriginalOptions} from './original-options.ts';
import {makePrivateFolder, removePrivateFolder, type PrivateFolder} from './private-folder.ts';
import type {ForeignCommand} from './recognise.ts';

/** A command of the original, made ready to be run with our agent in it. */
export interface Prepared {
  command: ForeignCommand;
  options: OriginalOptions;
  folder: PrivateFolder;
  /** Null when the daemons run as the caller. */
  runUser: RunUser | null;
  launch: GuardLaunch;
  /** The log file as the arguments give it, and its size before the start: what is older belongs to an earlier run. */
  errorLog: {path: string; size: number};
}

/** Size of the guard's pty; nothing there looks at it. */
const PTY = {cols: 200, rows: 50};
/** Options under which there is nothing to watch, and why. */
const NOTHING: Record<string, string> = {
  '--setup-only': 'it leaves no server to supervise',
  '--help': 'it only prints a text',
  '-h': 'it only prints a text',
  '--enable-debugger': 'pdb needs a terminal of its own, which the dashboard takes',
  '--enable-gdb': 'gdb needs a terminal of its own, which the dashboard takes',
};

/** Why a command cannot be supervised, in one line; null when it can. */
export function refusal(options: OriginalOptions): string | null {
  const flag = Object.keys(NOTHING).find((one) => options.given.has(one));
  return flag === undefined ? null : `${flag}: ${NOTHING[flag]}; run the command without wsgideck`;
}

/**
 * Writes what is needed beside the original, and the command with our --include-file in it.
 * @param program absolute path of the first word of the command.
 * @throws Error in one line.
 */
export function prepare(command: ForeignCommand, options: OriginalOptions, program: string, host: Host): Prepared {
  const {values} = options;
  const runUser = host.uid === 0 ? runUserOf(values, host) : null;
  const folder = makePrivateFolder(host.tmpdir, runUser);
  const text = (dest: string) => (values[dest] as string | null) ?? null;
  const include = includeFile({
    agentScript: folder.agentScript,
    accessLog: folder.accessLog,
    processGroup: text('processGroup') ?? `${text('host') ?? 'localhost'}:${Number(values['port'])}`,
    applicationGroup: agentGroup(text('applicationGroup')),
    logLevel: text('logLevel') ?? 'warn',
  });
  try {
    writeFileSync(folder.include, include, {mode: 0o600, flag: 'wx'});
  } catch (error) {
    removePrivateFolder(folder.path);
    throw error;
  }
  const argv = [program, ...command.head.slice(1), '--include-file', folder.include, ...command.args];
  const grace = [values['gracefulTimeout'], values['shutdownTimeout']].map(Number).reduce((sum, one) => sum + (one > 0 ? one : 0), 2);
  const errorLog = errorLogPath(values, host);
  return {
    command,
    options,
    folder,
    runUser,
    launch: {
      // Its output goes to a file: that holds nobody up, and without a terminal the original becomes Apache instead of waiting for it.
      argv: ['/bin/sh', '-c', 'exec "$@" >>"$0" 2>&1', folder.console, ...argv],
      env: host.env,
      cwd: host.cwd,
      graceSeconds: Math.min(grace, 86_400),
      shutdownSeconds: Math.min(Math.max(Number(values['shutdownTimeout']) || 0, 0), 86_400),
      statusFile: folder.guardStatus,
      ...(runUser === null ? {} : {runUids: [runUser.uid]}),
      ...PTY,
    },
    errorLog: {path: errorLog, size: statSync(errorLog, {throwIfNoEntry: false})?.size ?? 0},
  };
}

/** The interpreter that the agent is loaded into. A name that Apache works out for each request is none that can be named here. */
function agentGroup(given: string | null): string {
  return !given || given.includes('%{') ? '%{GLOBAL}' : given;
}

/** Users that do not exist are the original's to complain about. */
function runUserOf(values: OriginalOptions['values'], host: Host): RunUser | null {
  const found = findRunUser(wantedUser({user: values['user'] as string | null, group: values['group'] as string | null}, host), host);
  return 'uid' in found && found.uid !== 0 ? found : null;
}

/** As the original works it out. */
export function serverRootOf(values: OriginalOptions['values'], host: Host): string {
  const given = values['serverRoot'] as string | null;
  if (given) return resolve(host.cwd, given);
  const name = `mod_wsgi-${(values['host'] as string | null) ?? 'localhost'}:${Number(values['port'])}:${host.uid}`;
  return join((host.env.TMPDIR || '/tmp').replace(/\/+$/, ''), name);
}

function errorLogPath(values: OriginalOptions['values'], host: Host): string {
  const folder = values['logDirectory'] as string | null;
  return join(folder ? resolve(host.cwd, folder) : serverRootOf(values, host), values['errorLogName'] as string);
}

/** The program as the shell would find it, or null. */
export function findProgram(name: string, host: Host): string | null {
  const places = name.includes('/') ? [host.cwd] : (host.env.PATH ?? '').split(':').map((place) => resolve(host.cwd, place || '.'));
  return places.map((place) => resolve(place, name)).find((path) => existsSync(path) && isProgram(path)) ?? null;
}

function isProgram(path: string): boolean {
  const info = statSync(path, {throwIfNoEntry: false});
  return info !== undefined && info.isFile() && (info.mode & 0o111) !== 0;
}
