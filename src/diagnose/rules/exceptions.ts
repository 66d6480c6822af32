import type {LogRule} from '../rule.ts';

export const exceptionRules: LogRule[] = [];
