import type {LogRule} from '../rule.ts';

export const databaseRules: LogRule[] = [];
