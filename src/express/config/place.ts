import type {ServerPlan} from '../plan/server-plan.ts';
import {quote} from './quote.ts';

/** Names, for each request, the process group of the slot that is live. */
export const SLOT_VARIABLE = 'WSGIDECK_SLOT';

const place = (processGroup: string, applicationGroup: string): string => {
  const word = (name: string) => (/^%\{[\w:]+\}$/.test(name) ? name : quote(name));
  return `process-group=${word(processGroup)} application-group=${word(applicationGroup)}`;
};

/** Where mod_wsgi runs what answers requests: the words at the end of WSGIHandlerScript. */
export function scriptPlace({mode, slots, processGroup, applicationGroup}: ServerPlan): string {
  if (mode !== 'daemon') return place('%{GLOBAL}', applicationGroup);
  return place(slots === null ? processGroup : `%{ENV:${SLOT_VARIABLE}}`, applicationGroup);
}

/** Every place that requests may be answered in: the words at the end of WSGIImportScript. */
export function importPlaces({mode, slots, processGroup, applicationGroup}: ServerPlan): string[] {
  const groups = slots === null ? [processGroup] : [slots.groups.blue, slots.groups.green];
  return (mode === 'daemon' ? groups : ['%{GLOBAL}']).map((group) => place(group, applicationGroup));
}
