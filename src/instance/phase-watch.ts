import {EDGES_4, EDGES_6} from '../sources/telemetry/histogram.ts';
import {KIND, type Datagram} from '../sources/telemetry/datagram.ts';
import {PhaseMeter} from '../sources/telemetry/phase-meter.ts';
import {gcOf, readingFromMetrics, readingOf} from '../sources/telemetry/readings.ts';
import {TelemetryReceiver} from '../sources/telemetry/receiver.ts';
import type {Bus} from './bus.ts';

/** How the instance tells of its phases. */
export type PhasePlan =
  | {by: 'datagrams'; program: string; socketPath: string}
  /** The agent asks mod_wsgi. */
  | {by: 'agent'}
  | null;

/** Milliseconds between two looks at the window. */
const EVERY = 2000;

/** Puts what the phases of requests take on the bus, as long as there are requests. */
export class PhaseWatch {
  readonly #bus: Bus;
  readonly #meter: PhaseMeter;
  readonly #receiver: TelemetryReceiver | null;
  #timer: NodeJS.Timeout | undefined;
  /** The newest window had requests: when it has none, that is told once. */
  #busy = false;

  constructor(bus: Bus, plan: PhasePlan, runUser: {uid: number; gid: number} | null) {
    this.#bus = bus;
    const reports = plan?.by === 'datagrams';
    this.#meter = reports ? new PhaseMeter('telemetry', EDGES_6) : new PhaseMeter('request_metrics', EDGES_4);
    this.#receiver = reports
      ? new TelemetryReceiver({
          ...plan,
          runUser,
          take: (datagram) => this.#take(datagram),
          lost: (count) => this.#meter.lose(count),
          failed: (reason) => this.#failed(reason),
        })
      : null;
    if (plan === null) return;
    this.#timer = setInterval(() => this.#tell(), EVERY);
    this.#timer.unref();
  }

  start(): void {
    this.#receiver?.start();
  }

  /** See TelemetryReceiver. */
  async renew(): Promise<boolean> {
    return (await this.#receiver?.renew()) ?? false;
  }

  /** What request_metrics() returned in a process. */
  readonly measured = (pid: number, metrics: Record<string, unknown>): void => {
    const reading = readingFromMetrics(pid, metrics, Date.now());
    if (reading) this.#meter.add(reading);
  };

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#receiver?.close();
  }

  #take(datagram: Datagram): void {
    if (datagram.kind === KIND.requestMetrics) this.#meter.add(readingOf(datagram));
    const ms = datagram.kind === KIND.gcEvent ? gcOf(datagram) : null;
    if (ms !== null) this.#meter.collected({at: datagram.at, ms});
  }

  #tell(): void {
    const phases = this.#meter.window(Date.now());
    if (phases === null) return;
    const busy = phases.requests > 0;
    if (busy || this.#busy) this.#bus.put({type: 'phases', phases});
    this.#busy = busy;
  }

  #failed(reason: string): void {
    const remedy = 'the rest works; restart wsgideck to have them again';
    this.#bus.put({type: 'notice', key: 'phases', severity: 'info', text: `times by phase are not measured: ${reason}`, remedy});
  }
}
