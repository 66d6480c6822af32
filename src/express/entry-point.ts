import {look} from './look.ts';
import type {StartOptions} from './parse.ts';
import {UsageError} from './usage-error.ts';

type EntryOptions = Pick<StartOptions, 'applicationType' | 'callableObject' | 'entry'>;

/** What names a callable in a module: `app`, `site.app`, `create_app()`, `create_app("test", debug=True)`. */
const CALLABLE = String.raw`[\p{ID_Start}_][\p{ID_Continue}]*(?:\.[\p{ID_Start}_][\p{ID_Continue}]*)*(?:\(.*\))?`;
const IS_CALLABLE = new RegExp(`^${CALLABLE}$`, 'su');
const MODULE_AND_CALLABLE = new RegExp(String.raw`^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(${CALLABLE})$`, 'su');
const FILE_AND_CALLABLE = new RegExp(String.raw`^(.+):(${CALLABLE})$`, 'su');
const MODULE_AND_MORE = /^[A-Za-z_][\w.]*:[A-Za-z_]/;

/** What is wrong with a value of --callable-object; null when nothing is. */
export const callableProblem = (text: string): string | null =>
  IS_CALLABLE.test(text) ? null : `"${text}" is not a Python name, nor a call such as create_app()`;

const isFile = (path: string): boolean => look(path).kind === 'file';

/**
 * `file:callable` apart; `whole` when there is a file whose name holds the colon, null for neither. `shop.wsgi:app` is a module's name too: that is meant
 * where the module is there, or the file is not.
 */
function scriptAndCallable(entry: string): RegExpExecArray | 'whole' | null {
  if (!entry.includes(':')) return null;
  if (isFile(entry)) return 'whole';
  const found = FILE_AND_CALLABLE.exec(entry);
  const path = found?.[1] ?? '';
  if (path.endsWith('.py') || /\/.*\.wsgi$/.test(path)) return found;
  const module = path.replaceAll('.', '/');
  return isFile(path) && !isFile(`${module}.py`) && !isFile(`${module}/__init__.py`) ? found : null;
}

/**
 * Takes `module:callable` and `file:callable`, the forms of other servers, apart; a plain entry point, and a file whose name holds a colon, stay what they are.
 * @param given which of these options are on the command line.
 * @throws UsageError when two callables are named, or none that mod_wsgi could find.
 */
export function splitEntryPoint(options: EntryOptions, given: {type: boolean; callable: boolean}): EntryOptions {
  const {applicationType, callableObject, entry} = options;
  if (entry === null || !(applicationType === 'module' || (applicationType === 'script' && !given.type))) return options;
  const file = given.type ? null : scriptAndCallable(entry);
  if (file === 'whole') return options;
  const [, place, callable] = file ?? MODULE_AND_CALLABLE.exec(entry) ?? [];
  if (place === undefined || callable === undefined) {
    if (!MODULE_AND_MORE.test(entry)) return options;
    throw new UsageError(
      `entry point "${entry}": after the colon stands the WSGI callable, or a call that makes it; for example module:app or module:create_app()`,
    );
  }
  if (given.callable && callableObject !== callable) {
    throw new UsageError(
      `the callable is named twice: "${callable}" in ${entry}, "${callableObject}" by --callable-object; leave one of them out`,
    );
  }
  return {applicationType: file === null ? 'module' : 'script', entry: place, callableObject: callable};
}
