import type {Diagnosis, Place} from '../model/diagnosis.ts';
import type {InstanceInfo} from '../model/events.ts';
import {ownFrame} from '../model/select-frames.ts';
import type {Frame, StackCapture, ThreadStack} from '../model/stacks.ts';
import type {RequestVerdict} from '../model/verdict.ts';
import {placeInStack, placeText} from './place.ts';
import {type FramePattern, type StackRule, stackRules} from './rules/stacks.ts';

type Roots = Pick<InstanceInfo, 'projectRoot' | 'serverRoot'>;

interface Seen {
  rule: StackRule;
  thread: ThreadStack;
  place: Place | undefined;
}

/** So many frames, half of them the same, are a recursion, not a tree that is walked. The agent sends the innermost hundred. */
const RECURSION = 80;
/** Innermost frames of a library that are looked through for what the application's line waits in. */
const DEPTH = 30;

/**
 * What stacks say: what their innermost frames wait in or compute, and from which line of the application. With a verdict only the thread of its
 * request is meant. The most telling first. Pure.
 * @param roots tells the application's own code from libraries.
 */
export function diagnoseStack(capture: StackCapture, verdict?: RequestVerdict | null, roots: Roots | null = null): Diagnosis[] {
  const all = capture.threads.filter((one) => one.frames.length > 0);
  const threads = verdict
    ? all.filter((one) => one.request?.id === verdict.requestId)
    : all.filter((one) => one.request || one === culpritOf(capture));
  const held = holder(capture, threads, roots);
  const deadlock = lockedUp(all, roots);
  const found = [
    ...(held ? [held] : []),
    ...(deadlock && threads.some((one) => deadlock.idents.has(one.ident)) ? [deadlock.diagnosis] : []),
  ];
  const known = new Set(found.flatMap((one) => (one.place ? [`${one.place.file}:${one.place.line}`] : [])));
  const seen = threads.flatMap((thread) => recognised(thread, roots) ?? []);
  if (found.length + seen.length === 0 && verdict?.verdict === 'stuck') return computing(threads, verdict, roots);
  return [
    ...found,
    ...grouped(seen, roots).filter((one) => !one.place || !known.has(`${one.place.file}:${one.place.line}`) || one.rule !== 'stack-lock'),
  ];
}

function recognised(thread: ThreadStack, roots: Roots | null): Seen | null {
  const looked = innermost(thread.frames, roots);
  const place = placeInStack(thread.frames, roots);
  const recursion = recursive(thread.frames);
  const rule = stackRules.find((one) =>
    one.match === 'recursion'
      ? recursion
      : looked.some((frame, index) => one.match !== 'recursion' && fits(one.match, frame, index === 0 ? thread.kernel : undefined)),
  );
  return rule ? {rule, thread, place} : null;
}

/** The frames from the innermost one to the first of the application's own. */
function innermost(frames: readonly Frame[], roots: Roots | null): Frame[] {
  const own = frames.findIndex((one) => ownFrame(one, roots).owner === 'own');
  return frames.slice(0, Math.min(DEPTH, own === -1 ? frames.length : own + 1));
}

/** @param kernel what it says of the thread, when this is the innermost frame and it was asked. */
function fits(patterns: readonly FramePattern[], frame: Frame, kernel: string | undefined): boolean {
  return patterns.some(
    ({file, func, source, kernel: at}) =>
      (!at || (kernel !== undefined && at.test(kernel))) &&
      (!file || file.test(frame.file)) &&
      (!func || func.test(frame.func)) &&
      (!source || source.test((frame.source ?? '').slice(0, 300))),
  );
}

function recursive(frames: readonly Frame[]): boolean {
  if (frames.length < RECURSION) return false;
  const counts = new Map<string, number>();
  for (const {file, func} of frames) counts.set(`${file}:${func}`, (counts.get(`${file}:${func}`) ?? 0) + 1);
  return Math.max(...counts.values()) >= RECURSION / 2;
}

function grouped(seen: readonly Seen[], roots: Roots | null): Diagnosis[] {
  const groups = Map.groupBy(seen, ({rule, place}) => `${rule.rule} ${place?.file}:${place?.line}`);
  return [...groups.values()]
    .toSorted((a, b) => b.length - a.length)
    .map((group) => {
      const {rule, place} = group[0]!;
      const requests = group.flatMap(({thread}) => thread.request ?? []);
      return {
        rule: rule.rule,
        severity: rule.severity,
        cause: rule.cause,
        remedy: rule.remedy,
        evidence: [
          `${group.length} thread${group.length === 1 ? '' : 's'}${place ? ` at ${placeText(place, roots)}` : ''}`,
          ...requests.slice(0, 3).map((one) => `${one.method} ${one.url}`),
        ],
        ...(place ? {place} : {}),
      };
    });
}

/** The first few places, each once. */
function named(places: readonly (Place | undefined)[], roots: Roots | null): string {
  const all = [...new Set(places.flatMap((one) => (one ? [placeText(one, roots)] : [])))];
  return all.length > 3 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(' and ');
}

/** Nothing it could wait for is in sight, and it does not move: a loop. */
function computing(threads: readonly ThreadStack[], {same, samples}: RequestVerdict, roots: Roots | null): Diagnosis[] {
  const place = threads[0] && placeInStack(threads[0].frames, roots);
  return [
    {
      rule: 'stack-computing',
      severity: 'warn',
      cause: 'The thread computes, in a loop around this line, and waits for nothing; the other threads of the process get what it leaves.',
      remedy: 'Look for what ends the loop and how much it is given; long work belongs into a background task.',
      evidence: [`the same line in ${same} of ${samples} samples`],
      ...(place ? {place} : {}),
    },
  ];
}

/** faulthandler writes the thread that crashes before all others. */
function culpritOf({culprit, method, threads}: StackCapture): ThreadStack | undefined {
  return threads.find((one) => one.ident === culprit) ?? (method === 'crash' ? threads[0] : undefined);
}

/** The thread that keeps the interpreter from all others, where the capture knows it. */
function holder(capture: StackCapture, threads: readonly ThreadStack[], roots: Roots | null): Diagnosis | null {
  if (capture.cause !== 'wedged' && capture.cause !== 'crash') return null;
  const found = culpritOf(capture);
  const culprit = threads.find((one) => one === found);
  const place = culprit && placeInStack(culprit.frames, roots);
  if (!culprit || !place) return null;
  const what = recognised(culprit, roots)?.rule;
  const at = [`at ${placeText(place, roots)}`, ...(culprit.frames[0]?.source ? [culprit.frames[0].source.trim()] : [])];
  if (capture.cause === 'crash') {
    return {
      rule: 'stack-crash',
      severity: 'error',
      cause: 'The process crashed in what this line calls.',
      remedy: 'Update or replace the C extension it calls; keep --application-group %{GLOBAL}.',
      evidence: at,
      place,
    };
  }
  return {
    rule: 'stack-gil-held',
    severity: 'error',
    cause: `One thread holds the interpreter (GIL), so no other thread of the process can run${what ? `: ${what.short}` : ''}.`,
    remedy:
      what?.rule === 'stack-regex'
        ? what.remedy
        : 'Move that call into another process, or use a library that releases the GIL; --deadlock-timeout replaces such a process.',
    evidence: at,
    place,
  };
}

/** Threads that wait for locks at different lines, while no thread that could hold one is doing anything else. */
function lockedUp(threads: readonly ThreadStack[], roots: Roots | null): {idents: Set<string>; diagnosis: Diagnosis} | null {
  const waiting = threads.filter((one) => recognised(one, roots)?.rule.rule === 'stack-lock');
  const places = waiting.map((one) => placeInStack(one.frames, roots));
  const lines = new Set(places.flatMap((one) => (one ? [`${one.file}:${one.line}`] : [])));
  const others = threads.filter((one) => !waiting.includes(one));
  if (waiting.length < 2 || others.some((one) => one.request)) return null;
  // At one line, as in transfer(a, b) beside transfer(b, a), they may as well wait for a thread of the application that serves no request.
  if (lines.size < 2 && others.some((one) => placeInStack(one.frames, roots))) return null;
  const place = places.find((one) => one !== undefined);
  return {
    idents: new Set(waiting.map((one) => one.ident)),
    diagnosis: {
      rule: 'stack-deadlock',
      severity: 'error',
      cause: `Deadlock: ${waiting.length} threads wait for locks, at ${named(places, roots)}, and no other request is running that could let one go.`,
      remedy: 'Take the locks in the same order everywhere, or with a timeout: acquire(timeout=5).',
      evidence: waiting.map(
        (one, index) =>
          `${one.request ? `${one.request.method} ${one.request.url}` : `thread ${one.name ?? one.ident}`} at ${places[index] ? placeText(places[index], roots) : 'a library'}`,
      ),
      ...(place ? {place} : {}),
    },
  };
}
