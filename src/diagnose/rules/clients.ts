import type {LogRule} from '../rule.ts';

export const clientRules: LogRule[] = [];
