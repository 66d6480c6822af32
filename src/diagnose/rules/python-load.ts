import type {LogRule} from '../rule.ts';

export const pythonLoadRules: LogRule[] = [];
