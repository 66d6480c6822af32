import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import type {Host} from '../host.ts';
import {look} from '../look.ts';
import type {StartOptions} from '../parse.ts';
import {MODULE_SOURCES} from '../plan/apache-modules.ts';
import type {Problem} from '../problem.ts';
import {findRunUser, type RunUser} from './accounts.ts';
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

function hasContent(path: string): boolean {
  try {
    return readFileSync(path, 'utf8').trim() !== '';
  } catch {
    return false;
  }
}

const isProblem = (value: object): value is Problem => 'severity' in value;

/** Finds Apache, mod_wsgi, Python, the run user and the like. Only looks at files; starts nothing (except for accounts that no file lists). */
export function discover(options: StartOptions, host: Host): Discovery {
  const problems: Problem[] = [];
  const keep = <T extends object>(value: T | Problem): T | null => {
    if (!isProblem(value)) return value;
    problems.push(value);
    return null;
  };
  const workingDirectory = resolve(host.cwd, options.workingDirectory ?? '.');
  const runUser = keep(findRunUser(options, host));
  const httpd = keep(findHttpd(options, host, MODULE_SOURCES));
  const modWsgi = httpd && keep(findModWsgi(httpd, workingDirectory, host));
  if (!runUser || !httpd || !modWsgi) return {ok: false, problems};
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
    },
  };
}
