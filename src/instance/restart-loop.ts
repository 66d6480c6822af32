/**
 * Processes that end and are started again without end. Apache replaces a daemon or a service within a second, for ever and without a word: a
 * service script that fails looks like one that runs (facts: mod_wsgi has no back-off for them).
 */
import type {RestartCause} from '../model/events.ts';
import type {LogEntry} from '../model/log.ts';
import type {Bus} from './bus.ts';

interface End {
  at: number;
  pid: number;
}

/** What the runner says before it lets a script wait, in seconds; `until` in milliseconds since the epoch. */
interface Pause {
  times: number;
  seconds: number;
  until: number;
}

const SILENT = 'its script returned, or left without a word';

export interface LoopNotice {
  text: string;
  remedy: string;
}

/** So many ends within so many milliseconds are a loop; so long without one, and it is over. */
const SERVICE = {ends: 5, within: 20_000};
const DAEMON = {ends: 3, within: 30_000};
const CALM = 20_000;
/** How often a loop that has come to its end is looked for, in milliseconds. */
const LOOK = 5000;

/** Ends of one service, or of the daemon processes, over time. Pure but for the times it is given. */
export class EndCounter {
  readonly #kind: 'service' | 'daemon';
  readonly #name: string;
  #ends: End[] = [];
  #looping = false;
  #pause: Pause | null = null;

  constructor(kind: 'service' | 'daemon', name: string) {
    this.#kind = kind;
    this.#name = name;
  }

  get looping(): boolean {
    return this.#looping;
  }

  /** @returns what to say from now on, or null when this is no loop. @param why in plain words, where known. */
  ended(pid: number, at: number, why: string): LoopNotice | null {
    const {ends, within} = this.#kind === 'service' ? SERVICE : DAEMON;
    if (!this.#ends.some((one) => one.pid === pid)) this.#ends.push({at, pid});
    this.#ends = this.#ends.filter((one) => one.at > at - within).slice(-100);
    if (this.#ends.length < ends) return this.#looping ? this.#notice(at, why) : null;
    this.#looping = true;
    return this.#notice(at, why);
  }

  /** The runner of services (native-shim/python/service.py) holds this one back. @returns what to say. */
  waits(pause: Pause, why: string): LoopNotice {
    this.#looping = true;
    this.#pause = pause;
    return this.#notice(pause.until, why);
  }

  /** True once, when a loop has been calm for long enough. */
  calmed(at: number): boolean {
    const last = Math.max(this.#ends.at(-1)?.at ?? 0, this.#pause?.until ?? 0);
    if (!this.#looping || at - last < CALM) return false;
    this.#looping = false;
    this.#pause = null;
    this.#ends = [];
    return true;
  }

  #notice(at: number, why: string): LoopNotice {
    if (this.#pause !== null) {
      const {times: inRow, seconds: pause} = this.#pause;
      return {
        text: `service ${this.#name} has ended ${inRow} times in a row, next try in ${pause} s: ${why || SILENT}`,
        remedy: 'a saved script is tried at once; a service script must not return, and must wait between its own tries',
      };
    }
    const times = this.#ends.length;
    const seconds = Math.max(1, Math.round((at - this.#ends[0]!.at) / 1000));
    if (this.#kind === 'service') {
      return {
        text: `service ${this.#name} has ended ${times} times in ${seconds} s: ${why || SILENT}`,
        // Everywhere else our runner has said a pause by now (native-shim/python/service.py).
        remedy:
          'Apache starts it again each second, without any back-off (the original has none; ours needs a server root that its user can get to): a service script must not return, and must wait between its tries',
      };
    }
    return {
      text: `daemon processes have ended ${times} times in ${seconds} s${why === '' ? '' : `, last: ${why}`}`,
      remedy: 'Logs and Processes say why; until it is cured requests wait for the next process, or fail',
    };
  }
}

/** Ends that somebody asked for, here or by a signal, or that saving a file has asked for. */
const ASKED = new Set<RestartCause>(['shutdown', 'reload', 'apache-restart', 'graceful', 'script-changed']);

/** Looks for loops among the processes of an instance and puts notices on its bus. Returns the function that ends it. */
export function watchRestartLoops(bus: Bus): () => void {
  const counters = new Map<string, EndCounter>();
  const words = new LastWords();
  /** The process of each service that went last: its successor waits because of it. */
  const lastPid = new Map<string, number>();
  const counter = (key: string, kind: 'service' | 'daemon', name: string) => {
    const found = counters.get(key) ?? new EndCounter(kind, name);
    counters.set(key, found);
    return found;
  };
  const put = (key: string, notice: LoopNotice | null) => {
    if (notice) bus.put({type: 'notice', key, severity: 'warn', ...notice});
  };
  /** While Apache itself is started or stopped, everything below it goes without meaning anything. */
  const steady = () => ['ready', 'degraded'].includes(bus.state().lifecycle.phase);

  const unlisten = bus.listen((event) => {
    if (event.type === 'log') {
      const pause = pauseOf(event.entry);
      if (pause === null || !steady()) return words.hear(event.entry);
      const key = `loop service ${pause.service}`;
      return put(key, counter(key, 'service', pause.service).waits(pause, words.of(lastPid.get(key) ?? 0)));
    }
    if (event.type !== 'restart' || ASKED.has(event.cause) || !steady()) return;
    // Others tell of the same end in other words: it was asked for all the same.
    const known = bus.state().restarts.find((one) => one.pid === event.pid);
    if (known && ASKED.has(known.cause)) return;
    const service = event.processGroup.startsWith(SERVICE_GROUP) ? event.processGroup.slice(SERVICE_GROUP.length) : null;
    const key = service === null ? 'loop daemon' : `loop service ${service}`;
    // mod_wsgi ends a service with status 0 whatever its script did: what it said last tells more.
    const why = service === null ? event.text : words.of(event.pid);
    if (service !== null) lastPid.set(key, event.pid);
    put(key, counter(key, service === null ? 'daemon' : 'service', service ?? '').ended(event.pid, event.at, why));
  });
  const timer = setInterval(() => {
    for (const [key, one] of counters) {
      if (one.calmed(Date.now())) bus.put({type: 'notice', key, severity: 'warn', text: '', cleared: true});
    }
  }, LOOK);
  timer.unref();
  return () => {
    unlisten();
    clearInterval(timer);
  };
}

/** A pause that the runner of services announces, by its line in the log; null for every other line. */
function pauseOf({source, text, at}: LogEntry): (Pause & {service: string}) | null {
  if (source !== 'app' || !text.startsWith('wsgideck: service ')) return null;
  const [, service, times, seconds] = /^wsgideck: service (\S+) has ended (\d+) times in a row .*; next try in (\d+) s$/.exec(text) ?? [];
  if (service === undefined) return null;
  return {service, times: Number(times), seconds: Number(seconds), until: at + Number(seconds) * 1000};
}

/** mod_wsgi's name of a service's process group, before the service's own. */
const SERVICE_GROUP = 'service:';

/** The last error of each process that has had one; of the newest few. */
class LastWords {
  readonly #errors = new Map<number, string>();

  hear(entry: LogEntry): void {
    if (entry.source !== 'app' || entry.level !== 'error' || entry.pid === undefined) return;
    this.#errors.delete(entry.pid);
    this.#errors.set(entry.pid, entry.text.slice(0, 200));
    if (this.#errors.size > 20) this.#errors.delete(this.#errors.keys().next().value!);
  }

  of(pid: number): string {
    return this.#errors.get(pid) ?? '';
  }
}
