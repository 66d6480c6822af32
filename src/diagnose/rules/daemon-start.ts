import type {LogRule} from '../rule.ts';

export const daemonStartRules: LogRule[] = [];
