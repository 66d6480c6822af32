/** Stacks of a process without its help: by the fault signal while it lives, from faulthandler's last words after a crash. */
import {kill} from 'node:process';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ActiveRequest} from '../../model/events.ts';
import type {ThreadStack} from '../../model/stacks.ts';
import {activityOf, chooseCulprit, type Suspect, type Verdict} from './culprit.ts';
import {parseFaultDumps, type FaultDump, type FaultThread} from './fault-dump.ts';
import type {ProcessFiles} from './process-files.ts';
import {catchesSignal, isRunning, processFact, threadReadings} from './proc.ts';
import {NO_THREAD} from './slots.ts';
import {inRoots, slotToActiveRequest, toRequestRef} from './translate.ts';

/** Milliseconds: longest wait for the dump, pause between looks, quiet time that counts as complete, shortest watch on the threads. */
const DUMP_WAIT = 500;
const LOOK = 10;
const QUIET = 30;
const WATCH = 100;
/** Milliseconds more before an agent's thread that seems to sleep counts as asleep: it may not have got a processor. */
const SURE = 400;

/** Which process, and what is known of it. */
export interface Patient {
  pid: number;
  startTicks: string;
  faultSignal: number | null;
  /** Requests of the last sample that was answered, with where the application was then. */
  lastRequests: readonly ActiveRequest[];
  /** Threads that serve no requests, by ident. */
  background: ReadonlyMap<string, {tid: number; name: string}>;
}

export interface FaultContext {
  files: ProcessFiles;
  roots: readonly string[];
  /** The agent's own file in the server root: its thread is nobody's culprit. */
  isAgent: (file: string) => boolean;
  /** A source line without indentation, null where it cannot be read. */
  sourceLine: (file: string, line: number) => string | null;
}

export interface FaultStacks {
  threads: ThreadStack[];
  /** Requests of the threads that ran Python code. */
  inFlight: ActiveRequest[];
  verdict: (Verdict & {request: ActiveRequest | null}) | null;
  /** Does a thread hold the interpreter, so that the agent's thread waits for it. False when that one sleeps: then it is the agent that does not work. */
  held: boolean;
  /** faulthandler's word for a crash. */
  fatal: string | null;
}

/**
 * Dumps a living process by its fault signal, in about 0.1 s, at most 0.6 s.
 * @returns the stacks, or why there are none, in words that fit after "no stacks:".
 */
export async function dumpBySignal(patient: Patient, context: FaultContext): Promise<FaultStacks | string> {
  const {pid, startTicks, faultSignal} = patient;
  const fact = processFact(pid);
  if (!fact || fact.startTicks !== startTicks) return 'the process is gone';
  if (fact.state === 'T' || fact.state === 't') return 'the process is stopped (SIGSTOP, or a debugger)';
  if (faultSignal === null || !catchesSignal(pid, faultSignal)) return 'the process has no fault signal registered';
  const size = context.files.size(pid, 'fault');
  const before = threadReadings(pid);
  const began = performance.now();
  try {
    kill(pid, faultSignal);
  } catch (error) {
    return `the process cannot be signalled (${(error as NodeJS.ErrnoException).code})`;
  }
  await written(pid, size, context.files);
  const rest = WATCH - (performance.now() - began);
  if (rest > 0) await sleep(rest);
  const after = threadReadings(pid);
  const watched = performance.now() - began;
  const dump = parseFaultDumps(context.files.read(pid, 'fault', size).toString('latin1')).at(-1);
  if (!dump) return isRunning(pid, startTicks) ? 'the process did not answer its fault signal' : 'the process is gone';
  const table = context.files.slots(pid, startTicks);
  const tids = new Map((table?.slots ?? []).map((slot) => [slot.ident, slot.tid]));
  const agentTid = table?.agentTid ?? 0;
  const held =
    agentTid !== NO_THREAD &&
    (activityOf(before.get(agentTid), after.get(agentTid), watched) !== 'asleep' || (await isHeld(pid, agentTid)));
  return assemble(dump, patient, context, held, (thread) => {
    const tid = tids.get(thread.ident) ?? patient.background.get(thread.ident)?.tid;
    return tid === undefined ? 'unknown' : activityOf(before.get(tid), after.get(tid), watched);
  });
}

/** Does the agent's thread wait for the interpreter, watched for SURE; true where that cannot be told. The process itself notices nothing. */
export async function isHeld(pid: number, agentTid: number): Promise<boolean> {
  if (agentTid === NO_THREAD) return false;
  const before = threadReadings(pid).get(agentTid);
  await sleep(SURE);
  return activityOf(before, threadReadings(pid).get(agentTid), SURE) !== 'asleep';
}

/** faulthandler's last words after `from` in PID.fault; null when the process did not crash that way. */
export function lastWords(patient: Patient, from: number, context: FaultContext): FaultStacks | null {
  const dump = parseFaultDumps(context.files.read(patient.pid, 'fault', from).toString('latin1')).findLast((one) => one.fatal !== null);
  if (!dump) return null;
  const stacks = assemble(dump, patient, context, false, () => 'unknown');
  // In a crash the current thread is the one that did it.
  const current = dump.threads.find((one) => one.current && one.frames.length > 0);
  if (!current) return {...stacks, verdict: null};
  const frame = current.frames.find((one) => inRoots(one.file, context.roots)) ?? current.frames[0]!;
  const request = stacks.inFlight.find((one) => one.ident === current.ident) ?? null;
  return {...stacks, verdict: {thread: current, frame, request}, threads: first(current.ident, stacks.threads)};
}

function assemble(
  dump: FaultDump,
  patient: Patient,
  context: FaultContext,
  held: boolean,
  activity: (thread: FaultThread) => Suspect['activity'],
): FaultStacks {
  const {files, roots, isAgent, sourceLine} = context;
  const slots = files.slots(patient.pid, patient.startTicks)?.slots ?? [];
  const suspects: (Suspect & {request: ActiveRequest | null})[] = dump.threads
    .filter((thread) => thread.frames.some((frame) => !isAgent(frame.file)))
    .map((thread) => {
      // mod_wsgi's workers have Python frames only while they serve: what such a thread took last is what it is at.
      const slot = slots.find((one) => one.ident === thread.ident);
      const sampled = patient.lastRequests.find((one) => one.ident === thread.ident && (!slot || one.id === slot.id));
      const request = slot ? {...sampled, ...slotToActiveRequest(patient.pid, slot), ...url(sampled)} : (sampled ?? null);
      const innermost = thread.frames[0]!;
      const own = thread.frames.find((frame) => inRoots(frame.file, roots));
      return {
        thread,
        request,
        activity: activity(thread),
        startedAt: request?.startedAt ?? null,
        unmoved: own !== undefined && sampled?.at !== undefined && sampled.at.includes(`:${own.line} in ${own.func}`),
        source: sourceLine(innermost.file, innermost.line),
      };
    });
  const verdict = chooseCulprit(suspects, (file) => inRoots(file, roots), isAgent);
  const requestOf = (ident: string) => suspects.find((one) => one.thread.ident === ident)?.request ?? null;
  const threads = suspects.map(({thread, request}): ThreadStack => {
    const name = patient.background.get(thread.ident)?.name ?? thread.name;
    return {ident: thread.ident, ...(name ? {name} : {}), frames: thread.frames, ...(request ? {request: toRequestRef(request)} : {})};
  });
  return {
    held,
    fatal: dump.fatal,
    inFlight: suspects.flatMap(({request}) => request ?? []),
    verdict: verdict && {...verdict, request: requestOf(verdict.thread.ident)},
    threads: verdict ? first(verdict.thread.ident, threads) : threads,
  };
}

/** A slot's url is cut at some 360 bytes, a sample's is not. */
function url(sampled: ActiveRequest | undefined): {url?: string} {
  return sampled ? {url: sampled.url} : {};
}

function first(ident: string, threads: ThreadStack[]): ThreadStack[] {
  return threads.toSorted((a, b) => Number(b.ident === ident) - Number(a.ident === ident));
}

async function written(pid: number, from: number, files: ProcessFiles): Promise<void> {
  const end = performance.now() + DUMP_WAIT;
  let size = from;
  let quietSince = performance.now();
  while (performance.now() < end) {
    await sleep(LOOK);
    const now = files.size(pid, 'fault');
    if (now !== size) {
      size = now;
      quietSince = performance.now();
    } else if (size > from && performance.now() - quietSince >= QUIET) return;
  }
}
