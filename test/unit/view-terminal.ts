/** The whole dashboard on a terminal emulator inside the test: real Ink, real escape sequences, no process and no pty. */
import {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import {setTimeout as sleep} from 'node:timers/promises';
import unicode11 from '@xterm/addon-unicode11';
import xterm, {type Terminal} from '@xterm/headless';
import {mountDashboard} from '../../components/mount.tsx';
import {DashboardStore, type StoreOptions} from '../../components/store/dashboard-store.ts';
import {pointMouse} from '../../components/store/keys.ts';
import {glyphs} from '../../src/terminal/glyphs.ts';
import {TerminalInput} from '../../src/terminal/input.ts';
import {NOW, type MemoryDeck} from './view-deck.ts';

class Screen extends EventEmitter {
  readonly isTTY = true;
  readonly writable = true;
  raw = '';
  readonly #term: Terminal;

  constructor(term: Terminal) {
    super();
    this.#term = term;
  }

  get columns() {
    return this.#term.cols;
  }

  get rows() {
    return this.#term.rows;
  }

  write = (text: string, done?: unknown): boolean => {
    this.raw += text;
    this.#term.write(text, typeof done === 'function' ? (done as () => void) : undefined);
    return true;
  };
}

export const KEY = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  pageUp: '\u001b[5~',
  pageDown: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
  enter: '\r',
  esc: '\u001b',
  tab: '\t',
  shiftTab: '\u001b[Z',
  ctrlC: '\u0003',
  ctrlP: '\u0010',
  backspace: '\u007f',
};

export interface ViewOptions extends Partial<Pick<StoreOptions, 'quitMeans' | 'readOnly' | 'colour'>> {
  columns?: number;
  rows?: number;
  unicode?: boolean;
  /** A clock that stands at NOW unless the test moves it. */
  clock?: {now: number};
}

export type View = ReturnType<typeof view>;

export function view(deck: MemoryDeck, options: ViewOptions = {}) {
  const {columns = 80, rows = 24, unicode = true, colour = true, quitMeans = 'stop', readOnly = false, clock = {now: NOW}} = options;
  // convertEol stands in for what the tty does with line feeds.
  const term = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, convertEol: true});
  term.loadAddon(new unicode11.Unicode11Addon());
  term.unicode.activeVersion = '11';
  const screen = new Screen(term);
  const left: {code: number; message: string | null}[] = [];
  const store: DashboardStore = new DashboardStore(deck, {
    columns,
    rows,
    glyphs: glyphs(unicode),
    colour,
    quitMeans,
    readOnly,
    mouse: false,
    onLeave: (code, message) => left.push({code, message}),
    onMouse: () => {},
    now: () => clock.now,
  });
  const source = new PassThrough();
  const input = new TerminalInput(source, {onMouse: (event) => pointMouse(store, event), onGone: () => {}});
  const app = mountDashboard(store, input as unknown as NodeJS.ReadStream, screen as unknown as NodeJS.WriteStream);
  store.start();

  const lines = () => Array.from({length: term.rows}, (_, y) => term.buffer.active.getLine(y)?.translateToString(true, 0, term.cols) ?? '');
  const text = () => lines().join('\n');
  const drawn = () => new Promise<void>((resolve) => term.write('', resolve));

  /** Waits until the screen shows (or, with a function, satisfies) it. */
  async function shows(test: RegExp | ((screen: string) => boolean)): Promise<string> {
    const end = Date.now() + 30_000;
    for (;;) {
      await drawn();
      const now = text();
      if (test instanceof RegExp ? test.test(now) : test(now)) return now;
      if (Date.now() > end) throw new Error(`the screen never showed ${String(test)}:\n${now}`);
      await sleep(10);
    }
  }

  return {
    store,
    deck,
    term,
    screen,
    left,
    clock,
    lines,
    text,
    shows,
    press: (...keys: string[]) => {
      for (const key of keys) source.write(key);
    },
    resize: (cols: number, height: number) => {
      term.resize(cols, height);
      screen.emit('resize');
    },
    [Symbol.dispose]() {
      store.stop();
      app.unmount();
      app.cleanup();
      input.release();
      term.dispose();
    },
  };
}
