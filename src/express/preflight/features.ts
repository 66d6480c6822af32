import {existsSync, readFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {childProcess} from '../child-process.ts';
import {groupNamed} from '../discovery/accounts.ts';
import {look} from '../look.ts';
import {TELEMETRY_SERVICE} from '../plan/service-plan.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import {failure, type Problem, warning} from '../problem.ts';
import {blockedText} from './reachable.ts';

/** A Python script that mod_wsgi will load: in silence, and with an error at each request, when it cannot. */
function checkScriptFile(plan: ServerPlan, flag: string, path: string, user = plan.runUser): Problem[] {
  if (look(path).kind === 'missing') return [failure(`${flag}: there is no file ${path}; correct the path`)];
  const blocked = blockedText(path, user);
  return blocked ? [failure(`${flag}: ${blocked}`)] : [];
}

function checkAccess(plan: ServerPlan): Problem[] {
  const {access} = plan;
  return (['host', 'user', 'group'] as const).flatMap((one) => {
    const flag = one === 'host' ? '--host-access-script' : `--auth-${one}-script`;
    return access[one] === null ? [] : checkScriptFile(plan, flag, access[one]);
  });
}

function checkServices(plan: ServerPlan): Problem[] {
  const {options, services, asRoot} = plan;
  const problems: Problem[] = [];
  const names = options.serviceScripts.map(([name]) => name);
  for (const [index, name] of names.entries()) {
    if (!/^[\w.-]+$/.test(name))
      problems.push(failure(`--service-script: "${name}" is no name of a service; use letters, digits, _, . and -`));
    if (names.indexOf(name) !== index)
      problems.push(failure(`--service-script: two services are named ${name}; give one of them another name`));
  }
  if (options.enableTelemetry && names.includes(TELEMETRY_SERVICE)) {
    problems.push(failure(`--service-script: the name ${TELEMETRY_SERVICE} is taken by --enable-telemetry; give the service another one`));
  }
  const flags = {
    '--service-user': options.serviceUsers,
    '--service-group': options.serviceGroups,
    '--service-log-file': options.serviceLogFiles,
  };
  for (const [flag, pairs] of Object.entries(flags)) {
    for (const [name, value] of pairs) {
      if (names.length > 0 && ![...names, TELEMETRY_SERVICE].includes(name)) {
        problems.push(failure(`${flag}: there is no service ${name}; add --service-script ${name} SCRIPT-PATH`));
      }
      if (flag === '--service-log-file' && (value.includes('/') || value === ''))
        problems.push(failure(`${flag}: "${value}" is not a file name; the file is made in the log directory`));
    }
    if (!asRoot && flag !== '--service-log-file' && pairs.length > 0)
      problems.push(failure(`${flag} not possible: only root can run a service as somebody else; leave it out or use sudo`));
  }
  for (const service of services.filter(({name}) => names.includes(name))) {
    if (service.user?.uid === 0)
      problems.push(failure(`service ${service.name} as root: mod_wsgi refuses that; give another --service-user`));
    else problems.push(...checkScriptFile(plan, `--service-script ${service.name}`, service.script, service.user ?? plan.runUser));
  }
  return problems;
}

function checkProxies({options}: ServerPlan): Problem[] {
  const problems: Problem[] = [];
  const target = (flag: string, url: string) => {
    if (!/^(?:https?|ws):\/\/[^\s/]+(?:\/\S*)?$/.test(url))
      problems.push(failure(`${flag}: "${url}" is not the URL of a server; it starts with http://`));
  };
  for (const [path, url] of options.proxyMountPoints) {
    if (!/^\/\S*$/.test(path))
      problems.push(failure(`--proxy-mount-point: "${path}" is not a URL path; it starts with / and has no blanks`));
    target('--proxy-mount-point', url);
  }
  for (const [name, url] of options.proxyVirtualHosts) {
    if (!/^[\w.-]+$/.test(name))
      problems.push(failure(`--proxy-virtual-host: "${name}" is not a host name; give one such as shop.example.org`));
    target('--proxy-virtual-host', url);
  }
  for (const name of options.trustProxyHeaders) {
    if (!/^[\w-]+$/.test(name))
      problems.push(failure(`--trust-proxy-header: "${name}" is not the name of a header; give one such as X-Forwarded-For`));
  }
  for (const network of options.trustProxies) {
    const {isIP} = process.getBuiltinModule('node:net');
    const [address = '', bits = '0'] = network.split('/');
    const most = isIP(address) === 6 ? 128 : 32;
    if (isIP(address) === 0 || !/^\d+$/.test(bits) || Number(bits) > most)
      problems.push(failure(`--trust-proxy: "${network}" is not an address; give one, or a network such as 10.0.0.0/8`));
  }
  if (options.trustProxyHeaders.length > 0 && options.trustProxies.length === 0) {
    problems.push(
      warning(
        '--trust-proxy-header without --trust-proxy: anybody can send these headers and is believed; name the front end with --trust-proxy',
      ),
    );
  }
  return problems;
}

function checkStatic(plan: ServerPlan): Problem[] {
  const {options, resources, modules, httpd} = plan;
  const problems = resources.flatMap(({extension, script}) => [
    ...(/^\.[\w+-]+$/.test(extension) ? [] : [failure(`--add-handler: "${extension}" is not a file extension; give one such as .md`)]),
    ...checkScriptFile(plan, `--add-handler ${extension}`, script),
  ]);
  if (options.withPhp5) {
    if (!httpd.files.has('libphp5.so'))
      problems.push(
        failure(
          `--with-php5: Apache's module libphp5.so is not in ${httpd.modulesDirectory}, and no system has PHP 5 any more; run PHP as a server of its own (php-fpm) and add it with --include-file`,
        ),
      );
    else if (modules.mpm !== 'prefork')
      problems.push(failure('--with-php5: PHP 5 works with the prefork MPM only; add --server-mpm prefork'));
  }
  if (options.http2 && modules.mpm === 'prefork')
    problems.push(failure('--http2: not possible with the prefork MPM; leave one of the two out'));
  return problems;
}

function checkLimits({options, asRoot}: ServerPlan): Problem[] {
  if (options.supplementaryGroups.length === 0) return [];
  if (!asRoot) return [failure('--supplementary-groups not possible: only root can give a process other groups; leave it out or use sudo')];
  return options.supplementaryGroups
    .filter((name) => groupNamed(name) === null)
    .map((name) => failure(`--supplementary-groups: there is no group "${name}" on this system; give another one`));
}

/** Can this Python import a module; true where nobody can be asked. */
function canImport(plan: ServerPlan, name: string): Promise<boolean> {
  const {python, application} = plan;
  if (python.executable === null) return Promise.resolve(true);
  const program = `import sys; sys.path[:0] = ${JSON.stringify([application.workingDirectory, ...application.pythonPaths])}; import ${name}`;
  return new Promise((resolve) => {
    childProcess().execFile(python.executable!, ['-c', program], {timeout: 10_000}, (error) => resolve(error === null));
  });
}

async function checkTelemetry(plan: ServerPlan): Promise<Problem[]> {
  const {options, telemetry} = plan;
  if (options.telemetryService !== null && !/^unix:\/./.test(options.telemetryService)) {
    return [failure(`--telemetry-service: "${options.telemetryService}" is not a socket; give it as unix:/path`)];
  }
  const path = telemetry?.slice('unix:'.length) ?? '';
  if (Buffer.byteLength(path) > 107) return [failure(`socket path too long: ${path} has more than 107 bytes; give a shorter one`)];
  if (options.enableTelemetry && !(await canImport(plan, 'mod_wsgi.telemetry.server'))) {
    const pip = plan.module.environment === null ? 'pip' : join(plan.module.environment, 'bin', 'pip');
    return [failure(`--enable-telemetry: Python does not have the package it runs; install it: ${pip} install mod_wsgi-telemetry`)];
  }
  return [];
}

async function checkDebug(plan: ServerPlan): Promise<Problem[]> {
  const {debug, runUser} = plan;
  if (debug === null) return [];
  const problems: Problem[] = [];
  const folders = {
    '--profiler-directory': debug.profilerDirectory,
    '--coverage-directory': debug.coverageDirectory,
    '--recorder-directory': debug.recorderDirectory,
  };
  for (const [flag, folder] of Object.entries(folders)) {
    const sight = folder === null ? null : look(folder);
    if (!sight?.info) continue;
    if (sight.kind !== 'directory') problems.push(failure(`${flag}: ${folder} is not a directory; give another one`));
    else if (
      runUser.uid !== 0 &&
      sight.info.uid !== runUser.uid &&
      (sight.info.mode & 0o002) === 0 &&
      !(sight.info.gid === runUser.gid && sight.info.mode & 0o020)
    )
      problems.push(
        failure(`${flag}: user ${runUser.name} may not write to ${folder}; give it to that user: chown ${runUser.name} ${folder}`),
      );
  }
  if (debug.coverageDirectory !== null && !(await canImport(plan, 'coverage'))) {
    problems.push(failure('--enable-coverage: Python does not have the package coverage; install it: pip install coverage'));
  }
  if (debug.gdb !== null) {
    const found = debug.gdb.includes('/')
      ? existsSync(debug.gdb)
      : (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, debug.gdb!)));
    if (!found) problems.push(failure(`--enable-gdb: there is no ${debug.gdb}; install gdb or give --gdb-executable`));
  }
  return problems;
}

/** A free-threaded Python has a t after its version, in its library's name and in its modules'. */
function checkFreeThreading({options, module}: ServerPlan): Problem[] {
  if (!options.freeThreading) return [];
  const free =
    /3\.?\d+t\b/.test(module.path) || (existsSync(module.path) && /libpython3\.\d+t\./.test(readFileSync(module.path, 'latin1')));
  return free
    ? []
    : [
        failure(
          `--free-threading: Python ${module.python} of ${module.path} is not a free-threaded build; leave the option out or install python3.13t or newer`,
        ),
      ];
}

/** What single features need of the system. Costs nothing where they are not asked for. */
export async function checkFeatures(plan: ServerPlan): Promise<Problem[]> {
  const plain = [checkAccess, checkServices, checkProxies, checkStatic, checkLimits, checkFreeThreading].flatMap((check) => check(plan));
  return [...plain, ...(await checkTelemetry(plan)), ...(await checkDebug(plan))];
}
