import type {ServerPlan} from './plan/server-plan.ts';

/** How to launch Apache in the foreground. */
export interface HttpdCommand {
  /** Program to execute. */
  file: string;
  /** Name it gets (argv[0]), then its arguments. */
  argv: string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
}

/**
 * Apache's argv[0]: the full path unless --process-name says otherwise. mod_wsgi renames its daemons within the room that argv[0] leaves, so a
 * short one would cut their names.
 */
export const argvZero = (plan: ServerPlan): string => plan.options.processName ?? plan.httpd.path;

/** Arguments that every call of httpd for this server needs. */
export function httpdArguments(plan: ServerPlan): string[] {
  return ['-f', plan.paths.conf, ...(plan.paths.startupLog === null ? [] : ['-E', plan.paths.startupLog])];
}

/**
 * The command that runs this server under a supervisor. `env` is added to; a filled-in envvars file is read by a shell, which then
 * becomes Apache.
 */
export function httpdCommand(plan: ServerPlan, env: NodeJS.ProcessEnv): HttpdCommand {
  const args = [...httpdArguments(plan), '-D', 'WSGIDECK', '-k', 'start', '-DFOREGROUND'];
  const locale = {LANG: plan.locale.name, LC_ALL: plan.locale.name};
  // Where Apache runs is not where the application runs: mod_wsgi changes each daemon's directory itself.
  const common = {env: {...env, ...locale}, cwd: plan.application.workingDirectory};
  if (!plan.sourceEnvvars) return {file: plan.httpd.path, argv: [argvZero(plan), ...args], ...common};
  const script = '. "$0"; exec "$@"';
  return {file: '/bin/sh', argv: ['/bin/sh', '-c', script, plan.paths.envvars, plan.httpd.path, ...args], ...common};
}
