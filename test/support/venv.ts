import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join, resolve} from 'node:path';
import {processInfo} from './processes.ts';
import {sleep} from './wait.ts';

const PYTHON = '/usr/bin/python3';
/** Folder of the environment; another set of packages takes another name. */
const NEWEST = 'mod-wsgi-6-with-tools';

/**
 * Where the virtual environment with the newest mod_wsgi 6.x is: what WSGIDECK_TEST_VENV6 names, or else a folder that is kept between runs,
 * because compiling mod_wsgi takes most of a minute. It is not inside the clone: Apache's run user must be able to reach it.
 */
export function venvPath(): string {
  const given = process.env['WSGIDECK_TEST_VENV6'];
  return given ? resolve(given) : join(cacheFolder(), NEWEST);
}

/** Makes the virtual environment unless it is complete. @throws Error with pip's own last words. */
export async function prepareVenv(): Promise<void> {
  const venv = venvPath();
  if (process.env['WSGIDECK_TEST_VENV6']) {
    if (!existsSync(join(venv, 'bin/python'))) throw new Error(`WSGIDECK_TEST_VENV6 names ${venv}, which has no bin/python`);
    return;
  }
  await prepareEnvironment(NEWEST, 'mod_wsgi 6.x and what its options need', [
    'mod_wsgi==6.*',
    'coverage',
    'PasteDeploy',
    'mod_wsgi-telemetry',
  ]);
}

/**
 * A virtual environment that is kept between runs: made once, with these packages of the index, then `finish`ed. Returns its path.
 * @param name of its folder; another set of packages needs another one.
 * @param what is in it, for people.
 * @throws Error with pip's own last words.
 */
export async function prepareEnvironment(
  name: string,
  what: string,
  packages: readonly string[],
  finish: (venv: string) => void = () => {},
): Promise<string> {
  ownFolder(cacheFolder());
  const venv = join(cacheFolder(), name);
  const release = await lock(`${venv}.lock`);
  try {
    if (!isComplete(venv)) create(venv, what, packages, finish);
  } finally {
    release();
  }
  return venv;
}

function cacheFolder(): string {
  const name = `wsgideck-test-${process.getuid?.() ?? 0}`;
  const preferred = resolve(process.env['TMPDIR'] || tmpdir());
  return join(isOpenToAll(preferred) ? preferred : '/tmp', name);
}

/** Can every user go through this folder and all above it. */
function isOpenToAll(path: string): boolean {
  if (!existsSync(path)) return false;
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The name is predictable and the parent is writable by all: take only a folder that is ours and that nobody else can write to. */
function ownFolder(path: string): void {
  mkdirSync(path, {recursive: true, mode: 0o755});
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== process.getuid?.() || (found.mode & 0o022) !== 0) {
    throw new Error(`${path} is not a folder of ours that only we can write to; remove it or set TMPDIR`);
  }
  chmodSync(path, 0o755);
}

/** The mark names the Python the module was compiled for: after a system upgrade it is made again. */
function isComplete(venv: string): boolean {
  const mark = join(venv, 'complete');
  return existsSync(mark) && readFileSync(mark, 'utf8') === pythonVersion();
}

function pythonVersion(): string {
  return execFileSync(PYTHON, ['--version'], {encoding: 'utf8'}).trim();
}

function create(venv: string, what: string, packages: readonly string[], finish: (venv: string) => void): void {
  console.log(`Making the virtual environment with ${what} for the tests in ${venv} (once)`);
  rmSync(venv, {recursive: true, force: true});
  const umask = process.umask(0o022);
  try {
    command(PYTHON, ['-m', 'venv', venv]);
    command(join(venv, 'bin/python'), ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', ...packages]);
    finish(venv);
    writeFileSync(join(venv, 'complete'), pythonVersion());
  } finally {
    process.umask(umask);
  }
}

function command(file: string, args: string[]): void {
  const result = spawnSync(file, args, {encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 600_000});
  if (result.status === 0) return;
  const words = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-30).join('\n');
  throw new Error(
    `cannot make a virtual environment for the tests: ${file} ${args.join(' ')} failed (${result.error?.message ?? `status ${result.status}`})\n${words}\n` +
      'It needs apache2-dev, python3-dev and python3-venv (tools/setup.sh test installs them) and the Python package index.',
  );
}

/** Two test runs at once must not both compile into one folder. A lock whose owner is gone is taken over. */
async function lock(path: string): Promise<() => void> {
  const end = Date.now() + 600_000;
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), {flag: 'wx'});
      return () => rmSync(path, {force: true});
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = existsSync(path) ? Number(readFileSync(path, 'utf8')) : 0;
    if (owner > 0 && processInfo(owner) === null) rmSync(path, {force: true});
    if (Date.now() > end) throw new Error(`process ${owner} holds ${path} for ten minutes`);
    await sleep(200);
  }
}
