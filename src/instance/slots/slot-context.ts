import type {StackCapture} from '../../model/stacks.ts';
import type {Bus} from '../bus.ts';
import type {SlotPool} from './slot-pool.ts';
import type {SlotName, SlotSwitch} from './slot-switch.ts';

/** What a reload by swap is to do, worked out beforehand. */
export interface SlotPlan {
  groups: Record<SlotName, string>;
  switchFile: string;
  /** Processes of each slot. */
  processes: number;
  /** Seconds that new code may take to load, that old requests may take to finish, and that a process may take to end. */
  loadTimeout: number;
  gracefulTimeout: number;
  shutdownTimeout: number;
  /** Folders whose files are the application's own; the first one is the project's. */
  roots: readonly string[];
  /** Scripts of services: a change of one concerns nobody else. */
  services: readonly {name: string; script: string}[];
}

/** What all parts of a reload by swap share. */
export interface SlotContext {
  plan: SlotPlan;
  bus: Bus;
  pool: SlotPool;
  slotSwitch: SlotSwitch;
  /** Says something to the agent of a process. */
  tell: (pid: number, message: {type: 'load' | 'release' | 'hold'} | {type: 'files'; id: number}) => void;
  /** How often its agent is asked what it is at, in milliseconds. */
  pace: (pid: number, ms: number) => void;
  stacks: (pid: number) => Promise<StackCapture[]>;
  /** True while the process is the one that introduced itself. */
  alive: (pid: number) => boolean;
}
