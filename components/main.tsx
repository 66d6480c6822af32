/** The dashboard on the real terminal, from the first frame to the restored screen. */
import type {Deck} from '../src/model/deck.ts';
import {capabilities} from '../src/terminal/capabilities.ts';
import {clipboardSequence} from '../src/terminal/clipboard.ts';
import {glyphs} from '../src/terminal/glyphs.ts';
import {TerminalInput, type TtySource} from '../src/terminal/input.ts';
import {TerminalOutput, type TtySink} from '../src/terminal/output.ts';
import {MOUSE_OFF, MOUSE_ON, neverBlock, RESTORE} from '../src/terminal/restore.ts';
import {editHere} from './edit.ts';
import {mountDashboard} from './mount.tsx';
import {DashboardStore} from './store/dashboard-store.ts';
import {resumeScreen} from './resume.ts';
import {pointMouse} from './store/keys.ts';

export interface DashboardOptions {
  /** Where to draw and what to read; the process's own terminal when absent. */
  terminal?: {input: TtySource; output: TtySink};
  /** What `q` does: stop the server, or leave it running. */
  quitMeans: 'stop' | 'detach';
  /** Only look: commands that change the server are not offered. */
  readOnly: boolean;
  env?: Record<string, string | undefined>;
}

interface Ending {
  code: number;
  message: string | null;
}

/** How long a terminal that takes nothing may hold up the end. */
const GRACE_MS = 300;

const SIGNALS = {SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131} as const;

/**
 * Shows the dashboard until the user leaves, the server has stopped, or the terminal is gone.
 * @returns the exit status for the process: 0; 1 when the connection was lost; 70 when the dashboard itself failed; 128 + n for a signal.
 * The terminal is as it was before, also after a crash; the reason of an unwanted end is one line on it.
 */
export async function runDashboard(deck: Deck, options: DashboardOptions): Promise<number> {
  const {input: source, output: sink} = options.terminal ?? {input: process.stdin, output: process.stdout};
  const env = options.env ?? process.env;
  const {colour, unicode} = capabilities(env);
  const {promise: ended, resolve: end} = Promise.withResolvers<Ending>();
  const gone = () => end({code: SIGNALS.SIGHUP, message: null});
  const output = new TerminalOutput(sink, gone);
  const store: DashboardStore = new DashboardStore(deck, {
    columns: sink.columns || 80,
    rows: sink.rows || 24,
    glyphs: glyphs(unicode),
    colour,
    quitMeans: options.quitMeans,
    readOnly: options.readOnly,
    mouse: true,
    output,
    onLeave: (code, message) => end({code, message}),
    onCapture: (capture) => {
      input.capture = capture;
    },
    onMouse: (on) => output.write(on ? MOUSE_ON : MOUSE_OFF),
    onCopy: (text) => output.write(clipboardSequence(text)),
    onEdit: (place) => editHere(place, {app, input, output, env, mouse: store.ui.mouse}),
  });
  const input = new TerminalInput(source, {onMouse: (event) => pointMouse(store, event), onGone: gone});
  const restoreAtExit = () => output.writeNow(RESTORE);
  const crashed = (error: unknown) => end({code: 70, message: `wsgideck: the dashboard failed: ${firstLine(error)}`});
  const signalled = Object.entries(SIGNALS).map(([signal, code]) => ({signal, listener: () => end({code, message: null})}));
  process.on('exit', restoreAtExit);
  process.on('uncaughtException', crashed);
  process.on('unhandledRejection', crashed);
  for (const {signal, listener} of signalled) process.on(signal, listener);

  const app = mountDashboard(store, input as unknown as NodeJS.ReadStream, output as unknown as NodeJS.WriteStream);
  // A component that throws in render ends Ink silently: only this promise tells.
  app.waitUntilExit().catch(crashed);
  const resumed = () => resumeScreen(app, input, output, store.ui.mouse);
  process.on('SIGCONT', resumed);
  output.write(MOUSE_ON);
  store.start();

  const {code, message} = await ended;
  process.off('SIGCONT', resumed);
  store.stop();
  try {
    app.unmount();
  } catch {
    // The tree is broken already; the restore below does not need it.
  }
  if (!(await output.drained(GRACE_MS))) neverBlock(process.stdout, process.stderr);
  output.writeNow(RESTORE + (message === null ? '' : `${message}\n`));
  setRawModeOff(source);
  input.release();
  output.release();
  process.off('exit', restoreAtExit);
  process.off('uncaughtException', crashed);
  process.off('unhandledRejection', crashed);
  for (const {signal, listener} of signalled) process.off(signal, listener);
  return code;
}

function setRawModeOff(source: TtySource): void {
  try {
    source.setRawMode?.(false);
  } catch {
    // The terminal is gone.
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).split('\n', 1)[0]!;
}
