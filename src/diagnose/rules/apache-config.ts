import type {LogRule} from '../rule.ts';

export const apacheConfigRules: LogRule[] = [];
