import type {ActiveRequest} from '../../model/events.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {FaultStacks} from './fault-stacks.ts';
import type {AgentHello} from './messages.ts';
import type {Peer} from './peer.ts';

/** What is known of one process, for as long as its connection lasts. */
export interface Known {
  peer: Peer;
  hello: AgentHello;
  startTicks: string;
  requests: ActiveRequest[];
  /** Kernel's thread id and name of the threads that serve no requests, by ident, at the last sample. */
  background: ReadonlyMap<string, {tid: number; name: string}>;
  /** Bytes of PID.fault that have been dealt with. */
  faultFrom: number;
  /** When its idleness was last told, on the monotonic clock. */
  quietAt: number;
  /** Those who wait for stacks. */
  waiters: Set<(capture: StackCapture | null) => void>;
  dump: Promise<FaultStacks | string> | null;
}
