import type {LogRule} from '../rule.ts';

export const apacheStartRules: LogRule[] = [];
