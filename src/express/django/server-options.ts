import {dirname, resolve} from 'node:path';
import type {Host} from '../host.ts';
import {look} from '../look.ts';
import type {StartOptions} from '../parse.ts';
import {failure, type Problem} from '../problem.ts';
import type {DjangoProject} from './project.ts';
import type {DjangoSettings} from './read-settings.ts';

/** BASE_DIR where it is a directory; otherwise where the project's package lies. */
function baseDirectory(project: DjangoProject, {baseDir, settingsFile, settings}: DjangoSettings): string {
  const given = baseDir === null ? null : resolve(project.folder, baseDir);
  if (given !== null && look(given).kind === 'directory') return given;
  if (project.managePy !== null || settingsFile === null) return project.folder;
  const levels = settings.split('.').length - (/[\\/]__init__\.py$/.test(settingsFile) ? 0 : 1);
  let folder = dirname(settingsFile);
  for (let i = 0; i < levels; i++) folder = dirname(folder);
  return folder;
}

/** The options of `start-server` that say the same as the project's settings. What the user has given stays. */
export function serverOptions(options: StartOptions, project: DjangoProject, settings: DjangoSettings, host: Host): StartOptions | Problem {
  const application = /^([\w.]+)\.(\w+)$/.exec(settings.application ?? '');
  if (application === null) {
    return failure(
      settings.application === null
        ? `no application: WSGI_APPLICATION is not set in ${settings.settings}; set it, for example to "${settings.settings.split('.')[0]}.wsgi.application"`
        : `no application: WSGI_APPLICATION in ${settings.settings} is "${settings.application}", which is not a module and a name in it; correct it`,
    );
  }
  const [, entry = '', callableObject = ''] = application;
  if (!settings.applicationFound) {
    return failure(`no application: Python finds no module "${entry}", which WSGI_APPLICATION in ${settings.settings} names; correct it`);
  }
  const base = baseDirectory(project, settings);
  const workingDirectory = options.workingDirectory === null ? base : resolve(host.cwd, options.workingDirectory);
  const given = options.pythonPaths.map((path) => resolve(host.cwd, path));
  const further = settings.path.filter((path) => path !== workingDirectory && !given.includes(path));
  return {
    ...options,
    command: 'runmodwsgi',
    applicationType: 'module',
    entry,
    callableObject,
    workingDirectory,
    pythonPaths: [...given, ...further],
  };
}
