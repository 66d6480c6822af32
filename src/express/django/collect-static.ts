import {childProcess} from '../child-process.ts';
import {failure, type Problem} from '../problem.ts';
import type {DjangoValues} from './options.ts';
import type {DjangoProject} from './project.ts';
import type {DjangoSettings} from './read-settings.ts';

/** Of what it prints, this much of the end is kept. */
const KEPT = 262_144;

export interface Collected {
  problem: Problem | null;
  /** What it printed, both streams in the order they came. */
  output: string;
}

function words(project: DjangoProject, settings: DjangoSettings, options: DjangoValues): string[] {
  return [
    ...(project.managePy === null ? ['-m', 'django'] : [project.managePy]),
    'collectstatic',
    '--noinput',
    `--settings=${settings.settings}`,
    ...(options.pythonpath === null ? [] : [`--pythonpath=${options.pythonpath}`]),
    `--verbosity=${options.verbosity}`,
    ...(options.traceback ? ['--traceback'] : []),
    ...(options.forceColor ? ['--force-color'] : ['--no-color']),
    ...(options.skipChecks ? ['--skip-checks'] : []),
  ];
}

/** What has to be there first, in our own words: Django's would be about a command that does not exist. */
function obstacle(settings: DjangoSettings): Problem | null {
  if (!settings.staticfiles) {
    return failure(
      `--collectstatic: django.contrib.staticfiles is not in INSTALLED_APPS of ${settings.settings}; add it or leave the option out`,
    );
  }
  if (settings.staticRoot === null) {
    return failure(
      `--collectstatic: STATIC_ROOT is not set in ${settings.settings}; set it to a directory of its own, such as BASE_DIR / "static"`,
    );
  }
  return null;
}

/** Runs the project's collectstatic, as the caller and in the project's folder, and waits for its end however long that takes. */
export function collectStatic(
  project: DjangoProject,
  settings: DjangoSettings,
  options: DjangoValues,
  {python, env}: {python: string; env: NodeJS.ProcessEnv},
): Promise<Collected> {
  const problem = obstacle(settings);
  if (problem) return Promise.resolve({problem, output: ''});
  return new Promise((resolve) => {
    const child = childProcess().spawn(python, words(project, settings, options), {
      cwd: project.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-KEPT)));
    }
    const finish = (end: string | null) => {
      const how =
        end === null ? null : failure(`collectstatic failed (${end}): its output is above; correct the cause or leave --collectstatic out`);
      resolve({problem: how, output});
    };
    child.on('error', (error) => finish(error.message));
    child.on('close', (code, signal) => finish(code === 0 ? null : (signal ?? `status ${code}`)));
  });
}
