import {randomBytes} from 'node:crypto';
import type {Diagnosis} from '../../model/diagnosis.ts';
import type {Figures, Incident, IncidentKind} from '../../model/incidents.ts';
import {isChatter, type LogEntry} from '../../model/log.ts';
import type {InstanceState} from '../../model/state.ts';
import type {StackCapture} from '../../model/stacks.ts';
import type {RequestVerdict} from '../../model/verdict.ts';
import {boundCapture, boundCaptures, boundEntry, boundIncident} from './bound.ts';
import {maskDeep} from './mask.ts';
import type {Recent} from './recent.ts';
import {followsIn, growsInto, PLACED_BY_STACKS, type Trigger} from './trigger.ts';
import {capturePlace, entryPlace, samePlace} from './where.ts';

/** Milliseconds after the opening in which figures are added, and lines added while it lasts. */
const AFTER = 60_000;
const LINES_AFTER = 200;
const MARKS = 1000;
/** Kinds that end in the line which crashed. */
const CRASHES = new Set<IncidentKind>(['crash', 'restart-loop']);

/** One incident while it lasts, and for the minute after it opened: evidence is still added then. Everything in it is masked. */
export class OpenIncident {
  readonly pids = new Set<number>();
  /** Ids of those that it is about. */
  readonly requests = new Set<string>();
  /** Numbers of the log entries that opened it. */
  readonly entries = new Set<number>();
  readonly #marks = new Set<string>();
  /** Processes that were held and answer again. */
  readonly #backs = new Set<number>();
  #lines = 0;
  #incident: Incident;
  subject: string;
  lastAt: number;
  /** Something has been added since it was last written, and when that was. */
  dirty = true;
  writtenAt = 0;

  constructor(trigger: Trigger, state: InstanceState, recent: Recent) {
    this.subject = trigger.subject;
    this.lastAt = trigger.at;
    this.#mark(trigger);
    const scope = trigger.pid === null ? new Set<number>() : this.pids;
    const captures = recent.captures(scope, trigger.at).map(boundCapture);
    const inFlight = trigger.inFlight ?? (trigger.pid === null ? state.requests : recent.requests(trigger.pid, trigger.at));
    this.#incident = maskDeep(
      boundIncident({
        v: 1,
        summary: {
          id: newId(trigger.at),
          kind: trigger.kind,
          severity: trigger.severity,
          openedAt: trigger.at,
          closedAt: null,
          title: trigger.title,
          pid: trigger.pid,
          processGroup: trigger.processGroup,
          where: trigger.where,
          count: 1,
          cause: '',
          remedy: '',
          earlier: false,
        },
        instance: instanceOf(state),
        reason: trigger.reason,
        inFlight: [...inFlight],
        verdicts: recent.verdicts(scope, trigger.at),
        captures,
        log: recent.log().map(boundEntry),
        processes: state.processes,
        before: recent.before(),
        after: [],
        diagnoses: [],
      }),
    );
  }

  get incident(): Incident {
    return this.#incident;
  }

  get summary() {
    return this.#incident.summary;
  }

  /** Is this sign one more of the same trouble. */
  takes(trigger: Trigger): boolean {
    const {kind, where, processGroup} = this.summary;
    if (trigger.subject !== '' || this.subject !== '') return kind === trigger.kind && trigger.subject === this.subject;
    if (trigger.pid !== null && this.pids.has(trigger.pid)) {
      // What was held goes on again: another kind of trouble is a new one.
      if (this.#backs.has(trigger.pid) && kind !== trigger.kind) return false;
      if (followsIn(kind, trigger.kind)) {
        // Another request of the process that is at another line, or holds the interpreter there, is a trouble of its own.
        const apart = kind === 'stuck' && (trigger.kind === 'stuck' || trigger.kind === 'wedged');
        return !apart || !trigger.where || !where || samePlace(trigger.where, where);
      }
      // The request that was given up is looked at once more while its process ends.
      if (trigger.kind === 'stuck' && (this.#marks.has(trigger.mark) || samePlace(trigger.where, where))) return true;
    }
    if (kind !== trigger.kind && !growsInto(kind, trigger.kind)) return false;
    if (trigger.where && where) return samePlace(trigger.where, where);
    // Another process of the group, about which nothing better is known: most likely the same again.
    return kind === trigger.kind && kind !== 'wedged' && processGroup === trigger.processGroup;
  }

  /** @returns whether the summary says something else now. */
  add(trigger: Trigger, state: InstanceState): boolean {
    this.lastAt = Math.max(this.lastAt, trigger.at);
    const again = this.#marks.has(trigger.mark);
    const before = this.summary;
    const grown = before.kind !== trigger.kind && growsInto(before.kind, trigger.kind);
    // Sources that know less tell of the same before and after: a sign of another kind leaves the words as they are.
    const better = grown || (before.kind === trigger.kind && ((again && trigger.pid !== null) || trigger.kind === 'restart-loop'));
    this.#mark(trigger);
    if (trigger.kind === 'wedged' && trigger.pid !== null) this.#backs.delete(trigger.pid);
    const inFlight = trigger.inFlight && (grown || this.#incident.inFlight.length === 0) ? trigger.inFlight : this.#incident.inFlight;
    const reason = better ? trigger.reason : this.#incident.reason;
    const counts = !again && !grown && before.kind === trigger.kind;
    const summary = {
      ...before,
      ...(better ? {title: trigger.title, kind: trigger.kind} : {}),
      severity: trigger.severity === 'error' ? ('error' as const) : before.severity,
      where: before.where ?? trigger.where,
      count: before.count + (counts ? 1 : 0),
    };
    this.#change(maskDeep(boundIncident({...this.#incident, summary, reason, inFlight: [...inFlight], processes: state.processes})));
    return JSON.stringify(before) !== JSON.stringify(this.summary);
  }

  /** @returns whether the summary says something else now. */
  capture(capture: StackCapture, state: InstanceState): boolean {
    if (this.#incident.captures.some((one) => one.id === capture.id)) return false;
    const captures = boundCaptures([...this.#incident.captures, maskDeep(boundCapture(capture))]);
    const better = capturePlace(capture, state.info);
    const {where} = this.summary;
    const speaks = PLACED_BY_STACKS.has(this.summary.kind) || (capture.cause === 'crash' && this.summary.kind === 'restart-loop');
    // These know the thread that did it; others only who was there.
    const own = capture.culprit !== undefined && capture.cause === 'wedged';
    const knows = this.summary.kind === 'wedged' ? own : capture.cause === 'crash' && CRASHES.has(this.summary.kind);
    const place = speaks && (where === null || (knows && better)) ? (better ?? where) : where;
    this.#change({...this.#incident, captures, summary: {...this.summary, where: place}});
    return !samePlace(where, place) && place !== null;
  }

  recovered(pid: number): void {
    if (this.summary.kind === 'wedged') this.#backs.add(pid);
  }

  verdict(verdict: RequestVerdict): void {
    const others = this.#incident.verdicts.filter((one) => one.requestId !== verdict.requestId);
    this.#change({...this.#incident, verdicts: [...others, maskDeep(verdict)].slice(-50)});
  }

  /** A line while it lasts. @returns whether the summary says something else now. */
  log(entry: LogEntry, state: InstanceState): boolean {
    const of = entry.source === 'access' ? (entry.access?.status ?? 0) >= 500 : !isChatter(entry) || entry.module === 'wsgi';
    if (!of || this.#lines >= LINES_AFTER) return false;
    const {log} = this.#incident;
    const known = log.findIndex((one) => one.seq === entry.seq);
    const masked = maskDeep(boundEntry(entry));
    if (known === -1) this.#lines++;
    const place = this.summary.where ?? (entry.pid !== undefined && this.pids.has(entry.pid) ? entryPlace(entry, state.info) : null);
    const summary = {...this.summary, where: place};
    this.#change({...this.#incident, summary, log: known === -1 ? [...log, masked] : log.with(known, masked)});
    return this.summary.where !== null && place !== null && !samePlace(place, this.summary.where);
  }

  figures(figures: Figures): void {
    if (figures.at - this.summary.openedAt > AFTER) return;
    this.#change({...this.#incident, after: [...this.#incident.after, figures]});
  }

  /** @returns whether the summary says something else now. */
  explain(diagnoses: readonly Diagnosis[]): boolean {
    const masked = maskDeep([...diagnoses]);
    if (JSON.stringify(masked) === JSON.stringify(this.#incident.diagnoses)) return false;
    const best = masked[0];
    const {cause, remedy} = this.summary;
    const where = this.summary.where ?? best?.place ?? null;
    this.#change({
      ...this.#incident,
      diagnoses: masked,
      summary: {...this.summary, cause: best?.cause ?? cause, remedy: best?.remedy ?? remedy, where},
    });
    return this.summary.cause !== cause || this.summary.remedy !== remedy;
  }

  close(at: number): void {
    this.#change({...this.#incident, summary: {...this.summary, closedAt: Math.max(at, this.summary.openedAt)}});
  }

  /** Nothing more will be added. */
  settled(now: number): boolean {
    return this.summary.closedAt !== null && now - this.summary.openedAt > AFTER;
  }

  #mark(trigger: Trigger): void {
    if (this.#marks.size < MARKS) this.#marks.add(trigger.mark);
    if (trigger.pid !== null) this.pids.add(trigger.pid);
    const request = /^request (.+)$/.exec(trigger.mark)?.[1];
    if (request !== undefined) this.requests.add(request);
    for (const id of trigger.requests ?? []) if (this.requests.size < MARKS) this.requests.add(id);
    const entry = /^log (\d+)$/.exec(trigger.mark)?.[1];
    if (entry !== undefined && this.entries.size < MARKS) this.entries.add(Number(entry));
  }

  #change(incident: Incident): void {
    this.#incident = incident;
    this.dirty = true;
  }
}

function instanceOf({info, name}: InstanceState): Incident['instance'] {
  return {
    name,
    url: info?.url ?? '',
    script: info?.script ?? null,
    serverRoot: info?.serverRoot ?? '',
    modWsgi: info?.modWsgi ?? '',
    python: info?.python ?? '',
    apache: info?.apache ?? '',
    mpm: info?.mpm ?? '',
    processes: info?.processes ?? 0,
    threads: info?.threads ?? 0,
    requestTimeout: info?.requestTimeout ?? 0,
  };
}

/** `20261120-131502-3f9a`, in UTC: sorts by time also when the clocks are put back. */
function newId(at: number): string {
  const [day, time] = new Date(at).toISOString().slice(0, 19).split('T') as [string, string];
  return `${day.replaceAll('-', '')}-${time.replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}
