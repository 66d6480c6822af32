import type {ServerPlan} from '../plan/server-plan.ts';
import {quote} from './quote.ts';

/** Where mod_wsgi runs a script: the words at the end of WSGIHandlerScript and WSGIImportScript. */
export function scriptPlace(plan: ServerPlan): string {
  const group = (name: string) => (name === '%{GLOBAL}' ? name : quote(name));
  return `process-group=${group(plan.mode === 'daemon' ? plan.processGroup : '%{GLOBAL}')} application-group=${group(plan.applicationGroup)}`;
}
