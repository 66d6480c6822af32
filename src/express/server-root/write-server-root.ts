import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fchmodSync,
  fchownSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {dirname, join} from 'node:path';
import {AGENT_FILES, nativeAsset} from '../assets.ts';
import {httpdConf} from '../config/httpd-conf.ts';
import {lookAtLink} from '../look.ts';
import type {ServerPlan} from '../plan/server-plan.ts';
import type {ServicePlan} from '../plan/service-plan.ts';
import {openRegular} from '../regular-file.ts';
import {apachectlScript} from './apachectl-script.ts';
import type {CompiledFile} from './compiled-python.ts';
import {handlerScript} from './handler-script.ts';
import {writePages} from './live-pages.ts';
import {releaseLock, tryLock} from './lock.ts';
import {resourceScript} from './resource-script.ts';
import {telemetryScript} from './telemetry-script.ts';

interface Access {
  /** Group that may read, besides the owner; null when only the owner may. */
  group: number | null;
}

function makeFolder(path: string, mode: number, owner: {uid: number; gid: number} | null): void {
  makeMissing(path, mode);
  if (owner) chownSync(path, owner.uid, owner.gid);
  // Set explicitly: the mode given to mkdir is cut by the umask, and an older folder has its own.
  chmodSync(path, mode);
}

/** Makes a folder and those above it that are missing. Step by step: Node's own recursive way never ends where a folder cannot be made (below /proc, measured on 24.21). */
export function makeMissing(path: string, mode: number): void {
  try {
    mkdirSync(path, {mode});
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || existsSync(parent) || parent === path) throw error;
    makeMissing(parent, 0o755);
    mkdirSync(path, {mode});
  }
}

/** Writes a file that nobody but its owner (and the group) can ever have read: the mode is right before the first byte is in. */
function put(path: string, content: string | Buffer, mode: number, access: Access, keep = false): void {
  const fd = openRegular(path, constants.O_WRONLY | constants.O_CREAT | (keep ? 0 : constants.O_TRUNC), 0o600);
  try {
    if (access.group !== null) fchownSync(fd, 0, access.group);
    fchmodSync(fd, mode);
    if (!keep) writeFileSync(fd, content);
  } finally {
    closeSync(fd);
  }
}

function copy(source: string, target: string, mode: number, group: number | null): void {
  rmSync(target, {force: true});
  copyFileSync(source, target, constants.COPYFILE_EXCL);
  if (group !== null) chownSync(target, 0, group);
  chmodSync(target, mode);
}

/**
 * Writes the server root: the original's layout plus our private directory. Files are readable by the caller and, for root, by the run
 * user's group; by nobody else. `envvars`, `rewrite.conf` and logs are kept when they exist. The lock is to be held (claimServerRoot); it is taken here
 * where it is not.
 * @param compiled files for Python's __pycache__ beside the agent and the handler.
 * @returns writes the rest: what Apache does not look at in its first 100 ms. To be called at once, or right after the launch.
 * @throws the system's error when something cannot be written
 */
export function writeServerRoot(plan: ServerPlan, compiled: readonly CompiledFile[] = []): () => void {
  const {paths, runUser, asRoot, options} = plan;
  const group = asRoot ? runUser.gid : null;
  const access: Access = {group};
  const folderMode = asRoot ? 0o750 : 0o700;
  // Whoever has the right group is let through to the socket, a service of another user to its folder, past names that they cannot list.
  const through = plan.view !== null || plan.services.some((service) => service.folder !== null);
  const passage = folderMode | (through ? 0o001 : 0);
  const fileMode = asRoot ? 0o640 : 0o600;
  const folderOwner = asRoot ? {uid: 0, gid: runUser.gid} : null;
  const daemonOwner = asRoot ? {uid: runUser.uid, gid: runUser.gid} : null;

  makeFolder(paths.root, passage, folderOwner);
  makeFolder(paths.deck, passage, folderOwner);
  if (!options.setupOnly && !tryLock(paths.lock).ours)
    throw new Error(`server root in use: somebody else has just started in ${paths.root}`);
  makeFolder(paths.run, 0o700, daemonOwner);
  if (options.pythonEggs === null) makeFolder(paths.pythonEggs, 0o700, daemonOwner);
  if (options.documentRoot === null) makeFolder(paths.documentRoot, folderMode, folderOwner);

  const runsServices = plan.mode !== 'debug' && plan.services.length > 0;
  // The file that switches between slots belongs to an earlier run.
  if (!options.setupOnly) rmSync(join(paths.deck, 'slot.green'), {force: true});
  const isLate = (name: string) => /^(?:agent_main|wsgideck_originals)\./.test(name);
  for (const name of [
    ...AGENT_FILES.filter((one) => !isLate(one)),
    'handler.py',
    ...(runsServices ? ['service.py'] : []),
    ...(plan.slots ? ['slot.py'] : []),
    ...(plan.browserReload ? ['browser_reload.py'] : []),
  ]) {
    copy(nativeAsset(name), join(paths.deck, name), fileMode, group);
  }
  // What an earlier start, of another user perhaps, has left there is not for this one.
  const cache = join(paths.deck, '__pycache__');
  rmSync(cache, {recursive: true, force: true});
  if (compiled.length > 0) makeFolder(cache, folderMode, folderOwner);
  const putCompiled = ({name, content}: CompiledFile) => put(join(cache, name), content, fileMode, access);
  for (const file of compiled) if (!isLate(file.name)) putCompiled(file);
  if (plan.browserReload)
    writePages(
      plan,
      (path) => makeFolder(path, folderMode, folderOwner),
      (path, text) => put(path, text, fileMode, access),
    );
  if (plan.mode === 'debug' || plan.application.type === 'paste') copyTools(plan, folderMode, fileMode, folderOwner);
  put(paths.handler, handlerScript(plan), fileMode, access);
  for (const resource of plan.resources) put(resource.file, resourceScript(resource), fileMode, access);
  if (runsServices)
    put(paths.serviceList, JSON.stringify(Object.fromEntries(plan.services.map(({name, script}) => [name, script]))), fileMode, access);
  if (runsServices) for (const service of plan.services) writeServiceFolder(service);
  if (options.enableTelemetry) put(paths.telemetryScript, telemetryScript(plan), fileMode, access);
  for (const folder of debugFolders(plan)) makeFolder(folder, 0o700, daemonOwner);
  put(paths.conf, httpdConf(plan), 0o600, {group: null});
  if (options.rewriteRules === null) put(paths.rewrite, '', 0o600, {group: null}, true);

  // Created here because Apache would create them readable by everybody.
  const rotated = [paths.errorLog, paths.accessLog, ...plan.services.map((service) => service.log)];
  if (plan.rotation !== null) for (const log of rotated) makeWay(log);
  for (const log of [...(plan.rotation === null ? rotated : []), paths.startupLog, paths.deckAccessLog]) {
    if (log !== null && log.startsWith(`${paths.root}/`)) put(log, '', 0o600, {group: null}, true);
  }

  return () => {
    for (const name of [...AGENT_FILES.filter(isLate), 'wsgi_callable.py'])
      copy(nativeAsset(name), join(paths.deck, name), fileMode, group);
    for (const file of compiled) if (isLate(file.name)) putCompiled(file);
    put(paths.apachectl, apachectlScript(plan), 0o700, {group: null});
    if (options.envvarsScript === null) put(paths.envvars, '', 0o600, {group: null}, true);
  };
}

/** The runner, what it runs, and where it notes its ends, for a service of another user than the one that can read the rest. */
function writeServiceFolder({name, script, user, folder}: ServicePlan): void {
  if (folder === null || user === null) return;
  const owner = {uid: user.uid, gid: user.gid};
  makeFolder(folder, 0o750, {uid: 0, gid: user.gid});
  copy(nativeAsset('service.py'), join(folder, 'service.py'), 0o640, user.gid);
  put(join(folder, 'services.json'), JSON.stringify({[name]: script}), 0o640, {group: user.gid});
  makeFolder(join(folder, 'run'), 0o700, owner);
}

/** Only where they are used: every file more costs each start. */
function copyTools({paths}: ServerPlan, folderMode: number, fileMode: number, owner: {uid: number; gid: number} | null): void {
  const source = nativeAsset('wsgideck_tools');
  rmSync(paths.tools, {recursive: true, force: true});
  makeFolder(paths.tools, folderMode, owner);
  for (const name of readdirSync(source).filter((one) => one.endsWith('.py'))) {
    const target = join(paths.tools, name);
    copyFileSync(join(source, name), target);
    if (owner) chownSync(target, owner.uid, owner.gid);
    chmodSync(target, fileMode);
  }
}

/** Where the tools of debug mode write: they run as the run user, so the folders have to be that user's. A folder that is there keeps its owner. */
function debugFolders({debug}: ServerPlan): string[] {
  const folders = debug === null ? [] : [debug.profilerDirectory, debug.coverageDirectory, debug.recorderDirectory];
  return folders.filter((folder): folder is string => folder !== null && !existsSync(folder));
}

/** A log without rotation from an earlier run keeps its content under a name as rotatelogs gives it, because rotatelogs would delete it to make its link. */
function makeWay(log: string | null): void {
  const sight = log === null ? null : lookAtLink(log);
  if (log === null || !sight?.info) return;
  const time = sight.info.mtime.toISOString().replace('T', '-').replaceAll(':', '_').slice(0, 19);
  if (sight.kind === 'file' && sight.info.nlink === 1 && sight.info.size > 0) renameSync(log, `${log}.${time}`);
  else if (sight.kind === 'file') rmSync(log);
}

/** Gives the lock back at the end of a run, if it is ours; everything else stays for the next one, as with the original. */
export function releaseServerRoot(plan: ServerPlan): void {
  releaseLock(plan.paths.lock);
}

/**
 * Takes back a server root that writeServerRoot made, for a start that came to nothing. Only for one that did not exist before: all in it is
 * ours or Apache's.
 */
export function removeServerRoot({paths}: ServerPlan): void {
  // Under another name first: another start may be waiting for the lock, and makes the folder anew when it is gone.
  const gone = `${paths.root}.gone-${process.pid}`;
  try {
    renameSync(paths.root, gone);
    rmSync(gone, {recursive: true, force: true});
  } catch {
    rmSync(paths.root, {recursive: true, force: true});
  }
  releaseLock(paths.lock);
}
