import {existsSync, readFileSync} from 'node:fs';
import {dirname} from 'node:path';
import {look} from '../look.ts';
import {OPTIONS} from '../options/table.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';
import {atLeast} from '../version.ts';
import {checkCombinations} from './combinations.ts';
import {isGiven} from './given.ts';
import {blockedText} from './reachable.ts';

/** The oldest mod_wsgi whose directives we rely on. */
const OLDEST = '4.9.0';
const LIKELY_USERS = ['www-data', 'apache', 'http', '_www', 'daemon', 'nobody'];

function checkVersions(plan: ServerPlan): Problem[] {
  const {module, options} = plan;
  if (!atLeast(module.version, OLDEST)) {
    return [
      failure(
        `mod_wsgi too old: ${module.path} is ${module.version}, ${OLDEST} is needed; install a newer one in a virtual environment: pip install mod_wsgi`,
      ),
    ];
  }
  return OPTIONS.filter((option) => option.needs && isGiven(options, option) && !atLeast(module.version, option.needs)).map((option) =>
    failure(`${option.flags[0]} needs mod_wsgi ${option.needs}: ${module.path} is ${module.version}; upgrade it or leave the option out`),
  );
}

function likelyUser(): string {
  try {
    const accounts = `\n${readFileSync('/etc/passwd', 'utf8')}`;
    return LIKELY_USERS.find((name) => accounts.includes(`\n${name}:`)) ?? 'USERNAME';
  } catch {
    return LIKELY_USERS[0]!;
  }
}

function checkUser({asRoot, runUser, owner, options}: ServerPlan): Problem[] {
  if (asRoot && runUser.uid === 0) {
    const user = likelyUser();
    return [failure(`root without --user: Apache does not serve pages as root; add --user ${user} --group ${user}`)];
  }
  if (!asRoot && (runUser.uid !== owner.uid || (options.group !== null && runUser.gid !== owner.gid))) {
    const flag = runUser.uid === owner.uid ? '--group' : '--user';
    return [failure(`${flag} not possible: only root can run the application as somebody else; leave ${flag} out or use sudo`)];
  }
  return [];
}

function checkShapes({options}: ServerPlan): Problem[] {
  const problems: Problem[] = [];
  const refuse = (when: boolean, text: string) => when && problems.push(failure(text));
  for (const [url] of options.urlAliases) refuse(!url.startsWith('/'), `--url-alias: "${url}" is not a URL path; it starts with /`);
  for (const [status] of options.errorDocuments) {
    refuse(!/^[45]\d\d$/.test(status), `--error-document: "${status}" is not an HTTP error status; use 400 to 599`);
  }
  for (const [name] of options.setenv)
    refuse(!/^[^\s=]+$/.test(name), `--setenv: "${name}" is not the name of a variable; use --setenv NAME VALUE`);
  for (const kind of options.allowOverride) {
    refuse(
      !/^(?:All|None|AuthConfig|FileInfo|Indexes|Limit|Nonfatal=\w+|Options(?:=[\w,+-]+)?)$/i.test(kind),
      `--allow-override: "${kind}" is not a kind of directive; use All, AuthConfig, FileInfo, Indexes, Limit or Options`,
    );
  }
  return problems;
}

function checkPlaces(plan: ServerPlan): Problem[] {
  const {options, paths, application, runUser, python} = plan;
  const problems: Problem[] = [];
  const folder = (flag: string, path: string) => {
    if (look(path).kind !== 'directory') problems.push(failure(`${flag}: there is no directory ${path}; create it or correct the path`));
  };
  const file = (flag: string, path: string) => {
    if (!existsSync(path)) problems.push(failure(`${flag}: there is no file ${path}; correct the path`));
  };
  folder('--working-directory', application.workingDirectory);
  if (options.logDirectory !== null) folder('--log-directory', paths.logDirectory);
  if (options.documentRoot !== null) folder('--document-root', paths.documentRoot);
  if (options.pidFile !== null) folder('--pid-file', dirname(paths.pidFile));
  if (options.envvarsScript !== null && !existsSync(paths.envvars))
    problems.push(warning(`--envvars-script: there is no file ${paths.envvars}; Apache starts without its variables`));
  if (options.rewriteRules !== null) file('--rewrite-rules', paths.rewrite);
  if (options.mimeTypes !== null && plan.mimeTypes !== null) file('--mime-types', plan.mimeTypes);
  if (options.shellExecutable !== null) file('--shell-executable', options.shellExecutable);
  for (const path of plan.includeFiles) file('--include-file', path);
  for (const path of application.pythonPaths) {
    if (!existsSync(path)) problems.push(warning(`--python-path: there is no ${path}; Python will not find anything there`));
  }
  for (const {url, target} of plan.aliases) {
    const blocked = blockedText(target, runUser);
    if (!existsSync(target))
      problems.push(warning(`--url-alias ${url}: there is no ${target}; requests for it are answered 404 or 403 until there is`));
    else if (blocked) problems.push(warning(`--url-alias ${url}: ${blocked}`));
  }
  if (problems.length > 0) return problems;
  const atWork = blockedText(application.workingDirectory, runUser, 'enter');
  if (atWork) problems.push(failure(`working directory out of reach: ${atWork}, or give another --working-directory`));
  const home = python.home === null ? null : blockedText(python.home, runUser, 'enter');
  if (home) problems.push(failure(`Python out of reach: ${home}`));
  return problems;
}

function checkModules({modules, httpd, module}: ServerPlan): Problem[] {
  const problems = modules.missing.map((name) =>
    failure(
      `Apache module missing: mod_${name} is neither in ${httpd.modulesDirectory} nor part of ${httpd.path}; install it or give --modules-directory`,
    ),
  );
  if (!existsSync(module.path))
    problems.push(failure(`mod_wsgi missing: there is no file ${module.path}; install it again: pip install mod_wsgi`));
  return problems;
}

function checkLocale({locale}: ServerPlan): Problem[] {
  if (locale.installed !== false) return [];
  return [
    warning(`locale ${locale.name} is not installed: the application runs in the C locale instead; install it or give --locale C.UTF-8`),
  ];
}

/** Everything that follows from the options and a look at the files they name. */
export function checkOptions(plan: ServerPlan): Problem[] {
  return [checkUser, checkCombinations, checkShapes, checkVersions, checkModules, checkPlaces, checkLocale].flatMap((check) => check(plan));
}
