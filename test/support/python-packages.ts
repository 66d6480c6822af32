import {spawnSync} from 'node:child_process';
import {existsSync, mkdtempSync, renameSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {venvPath} from './venv.ts';

/**
 * A folder for --python-path with packages from the Python package index, which every user may read. It is kept beside the test's virtual
 * environment, so that they are fetched once. @throws Error with pip's own words.
 */
export function pythonPackages(...names: string[]): string {
  const folder = `${venvPath()}-${names.join('-').toLowerCase()}`;
  if (existsSync(folder)) return folder;
  // Whole or not at all: two test files may ask at once.
  const mine = mkdtempSync(`${folder}.`);
  const umask = process.umask(0o022);
  try {
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--quiet', '--target', join(mine, 'packages'), ...names];
    const done = spawnSync(join(venvPath(), 'bin/python'), pip, {encoding: 'utf8', timeout: 120_000});
    if (done.status !== 0) throw new Error(`cannot fetch ${names.join(', ')}: ${done.stdout}${done.stderr}`);
    try {
      renameSync(join(mine, 'packages'), folder);
    } catch (error) {
      if (!existsSync(folder)) throw error;
    }
  } finally {
    process.umask(umask);
    rmSync(mine, {recursive: true, force: true});
  }
  return folder;
}
