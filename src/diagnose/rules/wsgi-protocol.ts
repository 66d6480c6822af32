import type {LogRule} from '../rule.ts';

export const wsgiProtocolRules: LogRule[] = [];
