import {existsSync} from 'node:fs';
import {basename, dirname, join} from 'node:path';
import {look} from '../look.ts';

/** Names that WSGI scripts usually have. */
const USUAL = ['wsgi.py', 'app.wsgi', 'wsgi.wsgi', 'application.wsgi', 'app.py', 'application.py'];

const isFile = (path: string): boolean => look(path).kind === 'file';

/**
 * What to do about a script that is not there: names the file or module that was probably meant.
 * @param path absolute.
 */
export function missingHint(path: string): string {
  const extended = [`${path}.py`, `${path}.wsgi`].find(isFile);
  if (extended !== undefined) return `did you mean ${basename(extended)}?`;
  const name = basename(path);
  const dotted = join(dirname(path), ...name.split('.'));
  const isModule = /^\w+(?:\.\w+)+$/.test(name) && (isFile(`${dotted}.py`) || isFile(join(dotted, '__init__.py')));
  return isModule ? `to import ${name} add --application-type module` : 'correct the path';
}

/** What to do about a directory in the place of a script: names what is in it. */
export function directoryHint(path: string): string {
  if (existsSync(join(path, 'manage.py'))) return 'it has a manage.py: for a Django project go there and run wsgideck runmodwsgi';
  const script = USUAL.find((name) => isFile(join(path, name)));
  return script === undefined ? 'give the path of a WSGI script' : `did you mean ${join(path, script)}?`;
}

/** The same about a module that Python does not find. */
export function moduleHint(name: string): string {
  return /[/\\]|\.(?:py|wsgi)$/.test(name)
    ? 'it looks like a file: leave --application-type out'
    : 'correct the name or give --working-directory';
}
