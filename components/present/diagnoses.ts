/** What `src/diagnose` says about things on the screen, remembered: a frame is made several times a second, the answer changes seldom. */
import {diagnoseEntry, diagnoseStack, diagnoseState} from '../../src/diagnose/index.ts';
import type {Diagnosis} from '../../src/model/diagnosis.ts';
import type {LogEntry} from '../../src/model/log.ts';
import type {StackCapture} from '../../src/model/stacks.ts';
import type {InstanceState, RestartRecord} from '../../src/model/state.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';
import type {Snapshot} from '../store/snapshot.ts';

const entries = new WeakMap<LogEntry, {restarts: readonly RestartRecord[]; found: Diagnosis | null}>();

/** The best explanation of a log entry, or null. */
export function diagnosisOf(entry: LogEntry, state: Pick<InstanceState, 'info' | 'restarts'>): Diagnosis | null {
  const known = entries.get(entry);
  // The end of a daemon that is behind a line may be told of after the line.
  if (known?.restarts === state.restarts) return known.found;
  const found = diagnoseEntry(entry, state)[0] ?? null;
  entries.set(entry, {restarts: state.restarts, found});
  return found;
}

const stacks = new WeakMap<StackCapture, {verdict: RequestVerdict | null; found: Diagnosis[]}>();

/** What stacks mean; with a verdict, those of its request. */
export function stackDiagnoses(capture: StackCapture, verdict: RequestVerdict | null, s: Pick<Snapshot, 'state'>): Diagnosis[] {
  const known = stacks.get(capture);
  if (known?.verdict === verdict) return known.found;
  const found = diagnoseStack(capture, verdict, s.state.info);
  stacks.set(capture, {verdict, found});
  return found;
}

let state: {of: InstanceState; found: Diagnosis[]} | null = null;

/** What the figures of the moment say. */
export function stateDiagnoses(of: InstanceState): Diagnosis[] {
  if (state?.of !== of) state = {of, found: of.info === null ? [] : diagnoseState(of)};
  return state.found;
}
