import type {LogRule} from '../rule.ts';

export const resourceRules: LogRule[] = [];
