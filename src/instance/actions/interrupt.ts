import {setTimeout as sleep} from 'node:timers/promises';
import type {CommandResult} from '../../model/commands.ts';
import {placeOf, requestLine} from '../../sources/agent/translate.ts';
import type {AgentHub} from '../../sources/agent/hub.ts';
import type {Bus} from '../bus.ts';

/** How long the request is watched for its end, and how often, in milliseconds. Samples come every 600 ms at the slowest. */
const WATCH = 1500;
const LOOK = 50;

/** Ends one request by an exception in its thread, on the agent's side; says what came of it, and what did not. Takes up to 2.5 s. */
export async function interrupt(bus: Bus, hub: Pick<AgentHub, 'interrupt' | 'sampleStacks'>, requestId: string): Promise<CommandResult> {
  const request = bus.state().requests.find((one) => one.id === requestId);
  if (!request) return {ok: false, text: 'that request is not served (any more)'};
  const {pid} = request;
  const what = requestLine(request);
  const answer = await hub.interrupt(pid, requestId);
  if (answer === null) {
    const text = `${what} cannot be interrupted: the agent of process ${pid} does not answer; a call that holds the interpreter ends only by itself, or with its process`;
    return {ok: false, text};
  }
  if (!answer.done) return {ok: false, text: `${what} was not interrupted: ${answer.why ?? 'its agent gave no reason'}`};
  const at = answer.at ? placeOf({file: answer.at[0], line: answer.at[1], func: answer.at[2]}, [bus.state().info?.projectRoot ?? '/']) : '';
  for (const end = performance.now() + WATCH; performance.now() < end;) {
    // Not only whenever the next sample is due: whoever asked is waiting.
    await hub.sampleStacks(pid);
    if (!bus.state().requests.some((one) => one.id === requestId)) {
      return {ok: true, text: `${what} was ended at ${at} by RequestInterrupted; the others of process ${pid} go on`};
    }
    await sleep(LOOK);
  }
  const text = `RequestInterrupted waits for ${what}: the call it is in at ${at} has to return first, and its code may still catch it; the others go on`;
  return {ok: true, text};
}
