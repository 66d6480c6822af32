import {diagnoseEntry} from '../diagnose/index.ts';
import {placeInTraceback, placeText} from '../diagnose/place.ts';
import type {DeckEvent} from '../model/events.ts';
import type {LogLevel} from '../model/log.ts';
import type {InstanceState} from '../model/state.ts';
import type {Bus} from './bus.ts';

interface Answer {
  status: number;
  at: number;
  /** As far as it is known, of an error. */
  why: string;
  said: boolean;
}

/** How long after an error its cause may come, until it is told of without, in milliseconds. */
const TOLD_WITHIN = 600;

/**
 * The first answer of a server, or of its new code: any answer makes it ready, but one that is no page is worth a word, an error with its cause, until
 * a visitor gets a better one.
 */
export class FirstAnswer {
  readonly #bus: Bus;
  readonly #path: string;
  readonly #changed: () => void;
  /** Since when what is said may be about the code that runs now; milliseconds since the epoch. */
  #since = 0;
  #answer: Answer | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param path what is asked for. @param changed called when there is something to say, or something else than before. */
  constructor(bus: Bus, path: string, changed: () => void) {
    this.#bus = bus;
    this.#path = path;
    this.#changed = changed;
    bus.listen((event) => {
      if (this.#answer !== null) this.#hear(event, this.#answer);
    });
  }

  /** Other code is about to answer. @param since milliseconds since the epoch. */
  await(since = Date.now()): void {
    clearTimeout(this.#timer);
    this.#answer = null;
    this.#since = since;
  }

  take(status: number): void {
    clearTimeout(this.#timer);
    this.#answer = answerWords(this.#path, status) === '' ? null : {status, at: Date.now(), why: '', said: false};
    if (this.#answer !== null && status >= 500) {
      this.#answer.why = whyError(this.#bus.state(), this.#path, this.#since);
      // The log and the agent tell a moment after the answer: then it is said at once, with its cause.
      if (this.#answer.why === '') {
        this.#timer = setTimeout(() => this.#say(), TOLD_WITHIN).unref();
        return;
      }
    }
    this.#say();
  }

  /** What the server is, as far as its answer tells. */
  says(): {phase: 'ready' | 'degraded'; detail: string} {
    if (this.#answer === null) return {phase: 'ready', detail: ''};
    const {status, why} = this.#answer;
    const words = answerWords(this.#path, status);
    return {phase: status >= 500 ? 'degraded' : 'ready', detail: why === '' ? words : `${words}: ${why}`};
  }

  #say(): void {
    clearTimeout(this.#timer);
    if (this.#answer !== null) this.#answer.said = true;
    this.#changed();
  }

  #hear(event: DeckEvent, answer: Answer): void {
    if (event.type === 'log' && event.entry.access) {
      const {method, url, status, micros} = event.entry.access;
      // One that came before may have been the old code's. The entry's time is its end.
      const later = answer.said && event.entry.at - micros / 1000 >= answer.at;
      if (later && method === 'GET' && url === this.#path && status < 400) this.take(status);
    } else if (answer.status >= 500 && answer.why === '' && mayExplain(event)) {
      answer.why = whyError(this.#bus.state(), this.#path, this.#since);
      if (answer.why !== '') this.#say();
    }
  }
}

const URGENT = new Set<LogLevel>(['emerg', 'alert', 'crit', 'error']);

/** May it say why the application answers an error. */
function mayExplain(event: DeckEvent): boolean {
  if (event.type === 'log') return event.entry.source !== 'access' && event.entry.source !== 'deck' && URGENT.has(event.entry.level);
  return event.type === 'exception' || event.type === 'agent';
}

/** `/ answers 403`; empty for what a visitor would call a page or a redirect. */
function answerWords(path: string, status: number): string {
  return status >= 200 && status < 400 ? '' : `${path} answers ${status}`;
}

/** Longest cause, in characters. */
const LONGEST = 200;

/**
 * Why `path` is answered with an error, by what the agent and the log have told since; empty when neither has said anything that explains it.
 * @param since milliseconds since the epoch.
 */
function whyError(state: InstanceState, path: string, since: number): string {
  const {exceptions, agents, log, info, restarts} = state;
  const raised = exceptions.findLast((one) => one.at >= since && (one.request === null || one.request === `GET ${path}`));
  if (raised)
    return named(raised.title, raised.file !== null && raised.line !== null ? {file: raised.file, line: raised.line} : undefined, info);
  const problems = log.problems.filter((one) => one.at >= since && one.source !== 'deck' && one.source !== 'access');
  const traceback = problems.findLast((one) => one.kind === 'traceback');
  if (traceback) return named(traceback.text, placeInTraceback(traceback.more ?? [], info), info);
  const [, failed] = /^did not load: (.+)$/.exec(agents.find((one) => one.detail.startsWith('did not load: '))?.detail ?? '') ?? [];
  if (failed !== undefined) return named(failed, undefined, info);
  const explained = problems
    .toReversed()
    .flatMap((one) => diagnoseEntry(one, {info, restarts}).filter(({severity}) => severity === 'error'));
  return (explained[0]?.cause ?? '').replace(/\.$/, '').slice(0, LONGEST);
}

function named(title: string, place: {file: string; line: number} | undefined, info: InstanceState['info']): string {
  const [line = ''] = title.split('\n');
  return `${line.slice(0, LONGEST)}${place ? ` (${placeText({file: place.file, line: place.line}, info)})` : ''}`;
}
