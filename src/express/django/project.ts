import {existsSync, readFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import type {Host} from '../host.ts';
import {look} from '../look.ts';
import {failure, type Problem} from '../problem.ts';

/** Where a Django project is, before its settings are read. */
export interface DjangoProject {
  /** Absolute path of manage.py; null when the settings are named without one. */
  managePy: string | null;
  /** The folder that `python manage.py` would put first on the module path. */
  folder: string;
}

/** Many programs are called manage.py; this one is going to be run. */
function isDjango(path: string): boolean {
  try {
    return /django|execute_from_command_line/i.test(readFileSync(path, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * The nearest manage.py of Django's, from the current directory upwards. One further up is taken only from somebody we trust with our own
 * account, since it is run: the caller, root, or the owner of the current directory.
 */
function searchUpwards(host: Host): string | null {
  const trusted = new Set([host.uid, 0, look(host.cwd).info?.uid]);
  for (let folder = host.cwd; ; folder = dirname(folder)) {
    const path = join(folder, 'manage.py');
    const {kind, info} = look(path);
    if (kind === 'file' && (folder === host.cwd || trusted.has(info.uid)) && isDjango(path)) return path;
    if (folder === dirname(folder)) return null;
  }
}

/** Finds the project: --manage-py, the nearest manage.py, or the current directory when the settings module is named. */
export function findProject(options: {managePy: string | null; settings: string | null}, host: Host): DjangoProject | Problem {
  if (options.managePy !== null) {
    const given = resolve(host.cwd, options.managePy);
    const path = look(given).kind === 'directory' ? join(given, 'manage.py') : given;
    if (look(path).kind === 'file') return {managePy: path, folder: dirname(path)};
    return failure(`manage.py not found: there is no file ${path}; correct --manage-py`);
  }
  const managePy = searchUpwards(host);
  if (managePy !== null) return {managePy, folder: dirname(managePy)};
  if (options.settings !== null || host.env.DJANGO_SETTINGS_MODULE) return {managePy: null, folder: host.cwd};
  return failure(
    `no Django project: neither ${host.cwd} nor a directory above it has a manage.py of Django's; go to the project's directory, or give --manage-py or --settings`,
  );
}

/**
 * The virtual environment that belongs to a project: the active one, `.venv` or `venv` beside manage.py, the same in the current directory.
 * Null for the system's Python.
 */
export function findEnvironment(project: DjangoProject, host: Host): string | null {
  const near = [project.folder, host.cwd].flatMap((folder) => [join(folder, '.venv'), join(folder, 'venv')]);
  return host.env.VIRTUAL_ENV || (near.find((folder) => existsSync(join(folder, 'pyvenv.cfg'))) ?? null);
}
