import {chmodSync, copyFileSync, realpathSync, renameSync, rmSync} from 'node:fs';
import {basename, join} from 'node:path';
import {look} from './look.ts';
import {failure, type Problem} from './problem.ts';

/**
 * Copies a module into a directory of Apache's and returns the copy's path. The copy takes its name in one step: an Apache that has an older one
 * mapped keeps that. A module that lies there already is left alone.
 */
export function installModule(source: string, directory: string): string | Problem {
  const target = join(directory, basename(source));
  if (look(directory).kind !== 'directory') {
    return failure(`modules directory not found: there is no directory ${directory}; correct --modules-directory`);
  }
  if (look(target).kind === 'file' && realpathSync(target) === realpathSync(source)) return target;
  const temporary = join(directory, `.${basename(source)}.${process.pid}`);
  try {
    copyFileSync(source, temporary);
    // Apache reads its modules before it gives up root, but an Apache of anybody else's is to find them too.
    chmodSync(temporary, 0o644);
    renameSync(temporary, target);
    return target;
  } catch (error) {
    rmSync(temporary, {force: true});
    const {code, message} = error as NodeJS.ErrnoException;
    return failure(
      code === 'EACCES' || code === 'EPERM'
        ? `modules directory not writable: you may not write to ${directory}; give the command as root (sudo), or another --modules-directory`
        : `module not installed: ${message}`,
    );
  }
}
