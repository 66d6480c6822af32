import type {LogRule} from '../rule.ts';

export const djangoRules: LogRule[] = [];
