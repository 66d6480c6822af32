import type {LogRule} from '../rule.ts';

export const tlsRules: LogRule[] = [];
