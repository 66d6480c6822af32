import type {StartOptions} from './parse.ts';
import {UsageError} from './usage-error.ts';

type EntryOptions = Pick<StartOptions, 'applicationType' | 'callableObject' | 'entry'>;

const MODULE_AND_NAME = /^([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)$/;
/** Something that other servers take: an attribute of an attribute, a call of a factory. */
const MODULE_AND_MORE = /^[A-Za-z_][\w.]*:[A-Za-z_][\w.]*(?:\(.*\))?$/;

/**
 * Takes `module:callable`, the form of other servers, apart; a plain entry point stays what it is. Without --application-type it means a module:
 * a file of such a name can be given as `./name`.
 * @param given which of these options are on the command line.
 * @throws UsageError when two callables are named, or none that mod_wsgi could find.
 */
export function splitEntryPoint(options: EntryOptions, given: {type: boolean; callable: boolean}): EntryOptions {
  const {applicationType, callableObject, entry} = options;
  if (entry === null || !(applicationType === 'module' || (applicationType === 'script' && !given.type))) return options;
  const [, module, callable] = MODULE_AND_NAME.exec(entry) ?? [];
  if (module === undefined || callable === undefined) {
    if (!MODULE_AND_MORE.test(entry)) return options;
    throw new UsageError(`entry point "${entry}": after the colon stands the name of the WSGI callable; write a module that defines one`);
  }
  if (given.callable && callableObject !== callable) {
    throw new UsageError(
      `the callable is named twice: "${callable}" in ${entry}, "${callableObject}" by --callable-object; leave one of them out`,
    );
  }
  return {applicationType: 'module', entry: module, callableObject: callable};
}
