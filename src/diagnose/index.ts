/** What was seen -> what it means -> what to do. Pure: imports nothing but src/model. The rules themselves are data, in rules/. */
export {CapacityMeter, type CapacityOptions} from './capacity.ts';
export {diagnoseEntry} from './entry.ts';
export {diagnoseExit} from './exit.ts';
export {diagnoseRestart} from './restart.ts';
export {diagnoseStack} from './stack.ts';
export {diagnoseState} from './state.ts';
export type {EntryContext} from './rule.ts';
