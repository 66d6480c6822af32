import * as v from 'valibot';
import type {Host} from '../host.ts';
import {failure, type Problem} from '../problem.ts';
import {askPython, type Question, type Reply} from './ask-python.ts';
import type {DjangoProject} from './project.ts';

/** Real settings may look something up over the network. */
const LIMIT_SECONDS = 20;

const optionalText = v.nullable(v.string());

const Found = v.object({
  ok: v.literal(true),
  /** Django's version, "5.2.1". */
  django: v.string(),
  /** Dotted name of the settings module. */
  settings: v.string(),
  settingsFile: optionalText,
  /** WSGI_APPLICATION, "shop.wsgi.application". */
  application: optionalText,
  /** Is there a module of that name. */
  applicationFound: v.boolean(),
  baseDir: optionalText,
  /** As Django answers for an application at `/`. */
  staticUrl: optionalText,
  /** Written without a slash in front: Django puts the mount point before it. */
  staticUrlRelative: v.boolean(),
  staticRoot: optionalText,
  /** Is django.contrib.staticfiles installed. */
  staticfiles: v.boolean(),
  /** Does WhiteNoise, or a middleware made of it, serve the static files. */
  whitenoise: v.boolean(),
  debug: v.boolean(),
  allowedHosts: v.array(v.string()),
  /** Variables that manage.py has set. */
  environment: v.record(v.string(), v.string()),
  /** Folders that manage.py, the settings or --pythonpath have put on the module path, the project's own first. */
  path: v.array(v.string()),
});

const Failed = v.object({
  ok: v.literal(false),
  stage: v.picklist(['django', 'manage', 'unnamed', 'settings']),
  type: v.string(),
  text: v.string(),
  file: optionalText,
  line: v.nullable(v.number()),
  /** What an ImportError was about. */
  module: optionalText,
  settings: optionalText,
});

const Answer = v.variant('ok', [Found, Failed]);

/** What is known of a Django project from its settings. */
export type DjangoSettings = v.InferOutput<typeof Found>;

function explainFailure(failed: v.InferOutput<typeof Failed>, project: DjangoProject, python: string): Problem {
  const what = failed.text === '' ? failed.type : `${failed.type}: ${failed.text}`;
  const where = failed.file === null ? what : `${failed.file}:${failed.line ?? '?'}: ${what}`;
  const managePy = project.managePy ?? 'manage.py';
  switch (failed.stage) {
    case 'unnamed':
      return failure(`no settings: ${managePy} does not set DJANGO_SETTINGS_MODULE; give --settings MODULE`);
    case 'manage':
      return failure(`manage.py cannot be run: ${where}; correct it, or give --settings MODULE`);
    case 'django':
      return failed.module === 'django'
        ? failure(
            `Django not found: ${python} has none; activate the project's virtual environment, or install it: ${python} -m pip install django`,
          )
        : failure(`Django cannot be loaded by ${python}: ${where}; repair the installation`);
    case 'settings':
      return failed.type === 'ModuleNotFoundError' && failed.settings !== null && isPartOf(failed.module, failed.settings)
        ? failure(
            `settings not found: Python finds no module "${failed.settings}" in ${project.folder}; correct the name or give --pythonpath`,
          )
        : failure(`settings cannot be loaded: ${where}; correct them`);
  }
}

/** Is a module that was not found the settings module itself, or a package that it is in. */
const isPartOf = (module: string | null, settings: string): boolean => module !== null && `${settings}.`.startsWith(`${module}.`);

function explainSilence({errors, end}: Reply, python: string, seconds: number): Problem {
  if (errors.includes('Timeout (')) {
    const place = /File "([^"<]+)", line (\d+)/.exec(errors.slice(errors.lastIndexOf('Timeout (')));
    return failure(
      `settings take too long: they have not loaded within ${seconds} s${place ? `, at ${place[1]}:${place[2]}` : ''}; find out what they wait for`,
    );
  }
  const last = errors.trim().split('\n').at(-1)?.slice(-300);
  return failure(`settings cannot be read: ${python} ended without an answer (${end})${last ? `: ${last}` : ''}; run manage.py check`);
}

/**
 * Reads the settings by running the project's own Python, as the user that the application will run as. The answer is checked: it comes out of
 * a process full of other people's code.
 */
export async function readSettings(
  project: DjangoProject,
  options: {settings: string | null; pythonpath: string | null; traceback: boolean; seconds?: number},
  {python, runUser}: Pick<Question, 'python' | 'runUser'>,
  host: Host,
): Promise<{settings: DjangoSettings} | {problem: Problem; errors: string}> {
  const {settings, pythonpath, traceback, seconds = LIMIT_SECONDS} = options;
  const env = {...host.env, ...(traceback ? {WSGIDECK_TRACEBACK: '1'} : {})};
  const reply = await askPython({python, runUser, env, ...project, settings, pythonpath, seconds});
  const answer = v.safeParse(v.pipe(v.string(), v.parseJson(), Answer), reply.answer);
  if (!answer.success) return {problem: explainSilence(reply, python, seconds), errors: reply.errors};
  if (!answer.output.ok) return {problem: explainFailure(answer.output, project, python), errors: reply.errors};
  return {settings: answer.output};
}
