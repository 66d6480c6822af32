import {resolve} from 'node:path';
import {
  currentHost,
  discover,
  type Found,
  type Host,
  parseStartServer,
  planServer,
  type Problem,
  type ServerPlan,
  type StartOptions,
} from '../express/index.ts';
import {collectStatic} from '../express/django/collect-static.ts';
import {djangoHelp} from '../express/django/help.ts';
import {allowedHost, hostWarning} from '../express/django/hosts.ts';
import {djangoOptions, type DjangoValues} from '../express/django/options.ts';
import {type DjangoProject, findEnvironment, findProject} from '../express/django/project.ts';
import {type DjangoSettings, readSettings} from '../express/django/read-settings.ts';
import {serverOptions} from '../express/django/server-options.ts';
import {planStatic} from '../express/django/static.ts';
import {UsageError} from '../express/usage-error.ts';
import {safeText} from '../terminal/safe-text.ts';
import {inBackground} from './background.ts';
import {reading} from './report.ts';
import {refuse, say} from './say.ts';
import {serve} from './serve.ts';
import {VERSION} from './version.ts';

type Options = StartOptions & DjangoValues;

/**
 * `wsgideck runmodwsgi`, in a Django project: reads the project's settings with its own Python, works out from them what `start-server` would be
 * told by hand, and goes on as that does. Exit status 2 for a wrong command line, 1 for what stands in the way, otherwise Apache's own.
 */
export async function runmodwsgi(argv: string[]): Promise<void> {
  const options = read(argv);
  if (!options) return;
  const caller = currentHost();
  const project = findProject(options, caller);
  if ('severity' in project) return refuse([project]);
  const environment = findEnvironment(project, caller);
  const host = environment === null ? caller : {...caller, env: {...caller.env, VIRTUAL_ENV: environment}};
  const discovery = discover({...options, workingDirectory: options.workingDirectory ?? project.folder}, host);
  if (!discovery.ok) return refuse(discovery.problems);
  const {found} = discovery;
  const settings = await settingsOf(project, options, found, host);
  if (!settings) return;
  const env = {...host.env, ...settings.environment};
  // In the background, whoever has started us has done it.
  if (options.collectstatic && !inBackground && !(await collected(project, settings, options, found, env))) return;

  const statics = planStatic(settings, {...options, given: options.urlAliases.map(([url]) => url)});
  const told = serverOptions(options, project, settings, host);
  if ('severity' in told) return refuse([told]);
  const complete = {...options, ...told, urlAliases: [...told.urlAliases, ...statics.aliases]};
  if (options.setupOnly) return setUpOnly(complete, settings, statics.warning, host);
  const plan = planServer(complete, found, host);
  const ours = new Set(statics.aliases.map(([url]) => url));
  const warnings = [statics.warning, ...greet(plan, settings)].filter((text) => text !== null);
  return serve(plan, {
    env,
    review: (problems) => [
      ...warnings.map((text): Problem => ({severity: 'warning', text})),
      // What is said about a missing static directory is above, in Django's terms.
      ...problems.filter(
        ({text}) => statics.warning === null || ![...ours].some((url) => text.startsWith(`--url-alias ${url}: there is no `)),
      ),
    ],
  });
}

function read(argv: string[]): Options | null {
  return reading(() => {
    const parsed = parseStartServer(argv, process.env, djangoOptions);
    if (parsed.action === 'help') process.stdout.write(djangoHelp());
    else if (parsed.action === 'version') process.stdout.write(`wsgideck ${VERSION}\n`);
    if (parsed.action !== 'run') return null;
    const options = parsed.options as Options;
    if (options.entry !== null) {
      throw new UsageError(
        `runmodwsgi takes no script, but was given "${options.entry}"; the application is WSGI_APPLICATION in the project's settings`,
      );
    }
    const pythonpath = options.pythonpath === null ? null : resolve(options.pythonpath);
    return {...options, pythonpath};
  });
}

/** --setup-only: what is started later, by apachectl, has an environment that we do not make. */
async function setUpOnly(options: Options, settings: DjangoSettings, warning: string | null, host: Host): Promise<void> {
  if (warning !== null) say(`warning: ${warning}`);
  const chosen = options.settings !== null || Boolean(host.env.DJANGO_SETTINGS_MODULE);
  const needed = Object.keys(settings.environment).filter((name) => chosen || name !== 'DJANGO_SETTINGS_MODULE');
  const names = [...new Set([...(chosen ? ['DJANGO_SETTINGS_MODULE'] : []), ...needed])];
  if (names.length > 0)
    say(
      `warning: apachectl does not set ${names.join(', ')}; export ${names.length === 1 ? 'it' : 'them'} in the server root's envvars file`,
    );
  Object.assign(process.env, host.env);
  return (await import('./setup-server.ts')).setUp(options);
}

async function settingsOf(project: DjangoProject, options: Options, found: Found, host: Host): Promise<DjangoSettings | null> {
  const python = found.python.executable;
  if (python === null) {
    refuse([
      {severity: 'error', text: `Python not found: there is no python${found.python.version} to read the settings with; install it`},
    ]);
    return null;
  }
  const runUser = host.uid === 0 ? {uid: found.runUser.uid, gid: found.runUser.gid} : null;
  const result = await readSettings(project, options, {python, runUser}, host);
  if ('settings' in result) return result.settings;
  if (options.traceback) show(result.errors);
  refuse([result.problem]);
  return null;
}

async function collected(
  project: DjangoProject,
  settings: DjangoSettings,
  options: Options,
  found: Found,
  env: NodeJS.ProcessEnv,
): Promise<boolean> {
  const {problem, output} = await collectStatic(project, settings, options, {python: found.python.executable ?? 'python3', env});
  if (problem) {
    show(output);
    refuse([problem]);
    return false;
  }
  const last = output.trim().split('\n').at(-1);
  if (last) say(`collectstatic: ${last}`);
  return true;
}

/** Output of the project's own, which may hold anything. */
function show(output: string): void {
  if (output.trim() === '') return;
  for (const line of output.trimEnd().split('\n')) process.stderr.write(`${safeText(line)}\n`);
}

/** Adapts the plan to the hosts that Django answers; what they have to be told about that. */
function greet(plan: ServerPlan, settings: DjangoSettings): (string | null)[] {
  const host = plan.probe.hostHeader.replace(/:\d+$/, '');
  const anyAddress = ['0.0.0.0', '[::]'].includes(host);
  const names = [anyAddress ? 'localhost' : host, ...(plan.options.serverName === null ? [] : plan.options.serverAliases)];
  const probed = allowedHost(settings, names[0]!);
  if (plan.options.serverName === null && probed !== null) plan.probe.hostHeader = `${probed}:${plan.probe.port}`;
  // Whoever listens everywhere is reached by names that only he knows.
  if (anyAddress && settings.allowedHosts.length > 0) return [];
  return names.filter((name) => !name.includes('*')).map((name) => hostWarning(settings, name));
}
