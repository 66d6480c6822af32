import {builtAsset} from '../express/assets.ts';
import type {DeckEvent} from '../model/events.ts';
import type {LogLevel} from '../model/log.ts';
import {safeText} from '../terminal/safe-text.ts';
import {LineOutput} from '../terminal/line-output.ts';
import type {Bus} from './bus.ts';
import {DashboardChild} from './dashboard-child.ts';
import {plainLines} from './plain.ts';

/** How an instance shows itself on the terminal or pipe it was started from. */
export interface Outlet {
  /** Is a person looking at a screen. */
  attended(): boolean;
  dashboardPid(): number | null;
  /** Told that the server has ended, before its control socket is closed: a dashboard that ends now is no news. */
  ending(): void;
  /** Called when everything has ended; settles when all is written and the terminal is as before. */
  close(): Promise<void>;
}

/** Milliseconds for what is left to be written, and for a dashboard to leave by itself. */
const LAST_WORDS = 2000;

/** Every event as one line of JSON. */
export function jsonOutlet(bus: Bus): Outlet {
  const dropped = (count: number) => JSON.stringify({type: 'dropped', at: Date.now(), instance: bus.state().name, lines: count});
  const output = new LineOutput(1, dropped);
  const off = bus.listen((event) => output.put(JSON.stringify(event)));
  return closing(() => null, off, output);
}

/** Lines for people. @param through joins the terminal of debug mode to ours; returns the function that parts them. @param shown leaves events out. */
export function plainOutlet(
  bus: Bus,
  level: LogLevel,
  banner: readonly string[] = [],
  through?: (print: (text: string) => void) => () => void,
  shown: (event: DeckEvent) => boolean = () => true,
): Outlet {
  const output = new LineOutput(1, (count) => `... ${count} lines left out: nobody reads them fast enough`);
  for (const line of banner) output.put(line);
  const off = bus.listen((event: DeckEvent) => {
    if (shown(event)) for (const line of plainLines(event, level, bus.state())) output.put(line);
  });
  const part = through?.((text) => output.write(text));
  const end = () => {
    off();
    part?.();
  };
  return closing(() => null, end, output);
}

function closing(dashboardPid: () => number | null, off: () => void, output: LineOutput): Outlet {
  return {
    attended: () => false,
    dashboardPid,
    ending() {},
    async close() {
      off();
      await output.end(LAST_WORDS);
    },
  };
}

/** The dashboard; should it die, the server goes on and plain lines take its place. */
export function dashboardOutlet(bus: Bus, controlSocket: string, level: LogLevel, onLeft: () => void): Outlet {
  // A server that takes no commands cannot be stopped from its screen either: leaving that gives ctrl-c back to the terminal, which sends a signal.
  const quit = bus.state().info?.readOnly ? 'detach' : 'stop';
  const child = new DashboardChild(builtAsset('dashboard.mjs'), ['--socket', controlSocket, '--quit', quit], true);
  let open = true;
  let plain: Outlet | null = null;
  let ending = false;
  void child.ended.then(({code, signal, reason}) => {
    open = false;
    if (ending) return;
    onLeft();
    plain = plainOutlet(bus, level, [
      ...(reason === '' ? [] : [`wsgideck: the dashboard: ${safeText(reason)}`]),
      `wsgideck: the dashboard has ended (${signal ?? `status ${code}`}); the server goes on, Ctrl-C stops it`,
      `wsgideck: a new dashboard from another terminal: wsgideck attach ${bus.state().info?.serverRoot ?? ''}`,
    ]);
  });
  return {
    attended: () => open,
    dashboardPid: () => (open ? (child.pid ?? null) : null),
    ending() {
      ending = true;
    },
    async close() {
      ending = true;
      await child.leave(LAST_WORDS);
      await plain?.close();
    },
  };
}
