import {delimiter, dirname, join, resolve} from 'node:path';
import type {Host} from '../host.ts';
import {look} from '../look.ts';
import type {StartOptions} from '../parse.ts';
import {moduleSources} from '../plan/apache-modules.ts';
import {lastFor} from '../plan/service-plan.ts';
import {failure, type Problem} from '../problem.ts';
import {readRegular} from '../regular-file.ts';
import {findRunUser, findServerUser, findViewGroup, type RunUser} from './accounts.ts';
import {findHttpd, type Httpd} from './httpd.ts';
import {findLocale, type LocaleFound} from './locale.ts';
import type {ModWsgi} from './mod-wsgi.ts';
import {findModWsgi, type PythonFound} from './python.ts';

/** Everything about this machine that the plan depends on. */
export interface Found {
  httpd: Httpd;
  module: ModWsgi;
  python: PythonFound;
  runUser: RunUser;
  locale: LocaleFound;
  /** bash, or sh where there is none. */
  shell: string;
  /** Map of name extensions to content types, or null when the system has none. */
  mimeTypes: string | null;
  /** Targets of --url-alias that are files (all others are taken for directories). */
  fileTargets: ReadonlySet<string>;
  /** Files of ours that a user may have filled in: does a shell have to read this one before Apache starts. */
  hasContent: (path: string) => boolean;
  /** Absolute path of rotatelogs; null unless --rotate-logs asks for it. */
  rotatelogs: string | null;
  /** By service, who runs it where that is somebody else than the run user. */
  serviceUsers: ReadonlyMap<string, RunUser>;
  /** Folder with the documentation that was installed with mod_wsgi; null when there is none or nobody asked. */
  docs: string | null;
  /** Number of --view-group's group; absent without the option. */
  viewGid?: number;
}

export type Discovery = {ok: true; found: Found} | {ok: false; problems: Problem[]};

const MIME_PLACES = [
  '/etc/mime.types',
  '/etc/httpd/mime.types',
  '/etc/httpd/conf/mime.types',
  '/etc/apache2/mime.types',
  '/usr/local/etc/httpd/mime.types',
  '/opt/homebrew/etc/httpd/mime.types',
];

const SHELLS = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash', '/opt/homebrew/bin/bash'];

const isFile = (path: string): boolean => look(path).kind === 'file';

/** Bytes of a file in which something other than blanks has to come. */
const CONTENT_LIMIT = 1024 * 1024;

function hasContent(path: string): boolean {
  return (readRegular(path, CONTENT_LIMIT) ?? '').trim() !== '';
}

const isProblem = (value: object | string | number): value is Problem => typeof value === 'object' && 'severity' in value;

/** rotatelogs stands beside httpd, or somewhere on PATH. */
function findRotatelogs(options: StartOptions, host: Host, httpd: Httpd): string | Problem {
  if (options.rotatelogsExecutable !== null) {
    const given = resolve(host.cwd, options.rotatelogsExecutable);
    return isFile(given) ? given : failure(`rotatelogs not found: there is no file ${given}; correct --rotatelogs-executable`);
  }
  const folders = [dirname(httpd.path), '/usr/bin', '/usr/sbin', ...(host.env.PATH ?? '').split(delimiter)];
  return (
    folders.map((folder) => join(folder, 'rotatelogs')).find((path) => path.startsWith('/') && isFile(path)) ??
    failure('rotatelogs not found: it is neither beside Apache nor on PATH; install apache2-utils (Debian) or give --rotatelogs-executable')
  );
}

function findServiceUsers(options: StartOptions, host: Host, runUser: RunUser): Map<string, RunUser> | Problem {
  const users = new Map<string, RunUser>();
  for (const [name] of options.serviceScripts) {
    const user = lastFor(options.serviceUsers, name);
    const group = lastFor(options.serviceGroups, name);
    if (user === null && group === null) continue;
    const found = findRunUser({user: user ?? runUser.name, group}, host);
    if (isProblem(found)) return failure(`service ${name}: ${found.text.replace(/--(user|group)$/, '--service-$1')}`);
    users.set(name, found);
  }
  return users;
}

/** pip's mod_wsgi has the module in `mod_wsgi/server`, and its documentation, in some releases, in `mod_wsgi/docs`. */
function findDocs(module: ModWsgi): string | null {
  const folder = join(dirname(dirname(module.path)), 'docs');
  return isFile(join(folder, 'index.html')) ? folder : null;
}

/** Finds Apache, mod_wsgi, Python, the run user and the like. Only looks at files; starts nothing (except for accounts that no file lists). */
export function discover(options: StartOptions, host: Host): Discovery {
  const problems: Problem[] = [];
  const keep = <T extends object | string | number>(value: T | Problem): T | null => {
    if (!isProblem(value)) return value;
    problems.push(value);
    return null;
  };
  const workingDirectory = resolve(host.cwd, options.workingDirectory ?? '.');
  const runUser = keep(findServerUser(options, host));
  const httpd = keep(findHttpd(options, host, moduleSources(options)));
  const modWsgi = httpd && keep(findModWsgi(httpd, workingDirectory, host));
  const rotatelogs = httpd && options.rotateLogs ? keep(findRotatelogs(options, host, httpd)) : null;
  const serviceUsers = runUser && keep(findServiceUsers(options, host, runUser));
  const viewGid = options.viewGroup === null ? null : keep(findViewGroup(options.viewGroup, host));
  if (!runUser || !httpd || !modWsgi || !serviceUsers || problems.length > 0) return {ok: false, problems};
  const targets = options.urlAliases.map(([, target]) => resolve(host.cwd, target));
  return {
    ok: true,
    found: {
      httpd,
      module: modWsgi.module,
      python: modWsgi.python,
      runUser,
      locale: findLocale(options, host.env),
      shell: options.shellExecutable ?? SHELLS.find(isFile) ?? '/bin/sh',
      mimeTypes: options.mimeTypes === null ? (MIME_PLACES.find(isFile) ?? null) : resolve(host.cwd, options.mimeTypes),
      fileTargets: new Set(targets.filter(isFile)),
      hasContent,
      rotatelogs,
      serviceUsers,
      docs: options.enableDocs ? findDocs(modWsgi.module) : null,
      ...(viewGid !== null && {viewGid}),
    },
  };
}
