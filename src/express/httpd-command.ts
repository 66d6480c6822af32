import {originalEnvironment} from './original-names.ts';
import type {ServerPlan} from './plan/server-plan.ts';

/** How to launch Apache in the foreground, as the guard takes it. */
export interface HttpdCommand {
  /** Program and arguments. */
  argv: [string, ...string[]];
  /** Name that the program sees as its own. */
  argv0?: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/** Name that a daemon process shows, as in the original. */
export const displayName = (plan: ServerPlan, group: string): string => `(wsgi:${group}:${plan.owner.uid})`;

/**
 * Apache's argv[0]: --process-name, or its path with our name. mod_wsgi renames its daemons within the room that argv[0] leaves, so it is made
 * long enough for their names.
 */
export const argvZero = (plan: ServerPlan): string =>
  (plan.options.processName ?? `${plan.httpd.path} (wsgideck)`).padEnd(
    displayName(plan, plan.slots?.groups.green ?? plan.processGroup).length,
  );

/** Arguments that every call of httpd for this server needs. */
export function httpdArguments(plan: ServerPlan): string[] {
  const startupLog = plan.paths.startupLog === null ? [] : ['-E', plan.paths.startupLog];
  return ['-f', plan.paths.conf, ...startupLog, ...(plan.mode === 'debug' ? ['-DONE_PROCESS'] : [])];
}

/**
 * The command that runs this server under a supervisor. `env` is added to; a filled-in envvars file is read by a shell, which then
 * becomes Apache.
 */
export function httpdCommand(plan: ServerPlan, env: NodeJS.ProcessEnv = process.env): HttpdCommand {
  const args = [...httpdArguments(plan), '-D', 'WSGIDECK', '-k', 'start', '-DFOREGROUND'];
  const locale = {LANG: plan.locale.name, LC_ALL: plan.locale.name};
  const cwd = plan.application.workingDirectory;
  // As a shell has it that goes there. What the caller's shell has in `_` is the program that it started.
  const places = {PWD: cwd, OLDPWD: process.cwd(), _: undefined};
  // The original runs Apache from bash, which leaves SHLVL as it was, or 0.
  const common = {env: {SHLVL: '0', ...env, ...places, ...originalEnvironment(plan, env), ...locale}, cwd};
  const gdb = plan.debug?.gdb;
  if (gdb) {
    const underGdb = [gdb, '-q', '-ex', 'run', '--args', plan.httpd.path, ...args] as const;
    if (!plan.sourceEnvvars) return {argv: [...underGdb], ...common};
    return {argv: [plan.shell, '-c', '. "$0"; exec "$@"', plan.paths.envvars, ...underGdb], ...common};
  }
  if (!plan.sourceEnvvars) return {argv: [plan.httpd.path, ...args], argv0: argvZero(plan), ...common};
  const bash = plan.shell.endsWith('bash');
  const script = `. "$0"; name=$1; shift; exec ${bash ? '-a "$name" ' : ''}"$@"`;
  return {argv: [plan.shell, '-c', script, plan.paths.envvars, argvZero(plan), plan.httpd.path, ...args], ...common};
}
