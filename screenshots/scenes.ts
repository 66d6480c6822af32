import {KEY} from '../test/support/tty.ts';
import {sleep} from '../test/support/wait.ts';
import type {Shop} from './shop.ts';

export interface Scene {
  /** File name without its ending. */
  name: string;
  /** What happens before: troubles in the shop, and the keys that a person would press. */
  act(shop: Shop): Promise<void>;
  /** What must be on the screen. */
  shows: RegExp;
}

/** Goes to a view, out of whatever is open. */
async function view(shop: Shop, digit: string): Promise<void> {
  shop.tty.press(KEY.esc);
  // A lone escape is told from the beginning of a longer key by the silence after it.
  await sleep(150);
  shop.tty.press(digit);
  await sleep(150);
}

/** Moves down until the selected line is about it. */
async function selectLine(shop: Shop, about: RegExp): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const selected = shop.tty
      .screen()
      .split('\n')
      .find((line) => line.startsWith('›'));
    if (selected !== undefined && about.test(selected)) return;
    shop.tty.press(KEY.down);
    await sleep(200);
  }
}

/** In this order: each scene finds what the ones before it left. */
export const SCENES: readonly Scene[] = [
  {
    name: 'overview',
    shows: /\/hang/,
    async act(shop) {
      shop.startLoad();
      await sleep(12_000);
      shop.visit('/hang');
      await sleep(15_000);
      shop.visit('/slow?s=25');
      shop.visit('/error?card=jcb');
      // Long enough for three samples on the same line, and for the sparklines to have something to show.
      await sleep(8000);
      shop.visit('/stream?n=60');
      await sleep(2000);
    },
  },
  {
    name: 'requests',
    shows: /\/hang/,
    act: (shop) => view(shop, '2'),
  },
  {
    name: 'request',
    shows: /gateway\.py/,
    async act(shop) {
      shop.tty.press(KEY.home);
      await sleep(150);
      shop.tty.press(KEY.enter);
    },
  },
  {
    name: 'stacks',
    shows: /by signal/,
    async act(shop) {
      await view(shop, '3');
      shop.tty.press('s');
      await sleep(1000);
      shop.visit('/gil?s=8');
      await sleep(5000);
    },
  },
  {
    name: 'wedged',
    shows: /fraud\.py/,
    async act(shop) {
      shop.tty.press(KEY.home);
      await sleep(150);
      await selectLine(shop, /wedged/);
      shop.tty.press(KEY.enter);
    },
  },
  {
    name: 'logs',
    shows: /wanted your clipboard/,
    async act(shop) {
      await view(shop, '4');
      await sleep(6000);
      shop.visit('/error');
      shop.visit('/hostile');
      await sleep(1500);
    },
  },
  {
    name: 'processes',
    shows: /crash|segmentation|signal 11|SIGSEGV/i,
    async act(shop) {
      await view(shop, '5');
      // New processes, in which nothing hangs: the crash is a trouble of its own.
      shop.tty.press('R');
      await sleep(300);
      shop.tty.press('y');
      await sleep(6000);
      shop.visit('/crash');
      await sleep(6000);
    },
  },
  {
    name: 'incidents',
    shows: /crash +Segm/,
    async act(shop) {
      await view(shop, '6');
      shop.tty.press(KEY.home);
      await sleep(500);
    },
  },
  {
    name: 'incident',
    shows: /what to do[^]*recommendations\.py/,
    async act(shop) {
      await selectLine(shop, /crash/);
      shop.tty.press(KEY.enter);
      await sleep(1000);
    },
  },
  {
    name: 'reload',
    shows: /SyntaxError/,
    async act(shop) {
      await view(shop, '1');
      shop.edit('shop/catalogue.py', (text) => `${text}\n# A line more.\n`);
      await sleep(4000);
      shop.edit('shop/catalogue.py', (text) => `${text}\n\ndef sale(prices:\n    return min(prices)\n`);
      await sleep(3000);
      shop.tty.press('h');
      await sleep(1000);
    },
  },
  {
    name: 'config',
    shows: /--port/,
    act: (shop) => view(shop, '7'),
  },
  {
    name: 'help',
    shows: /next view/,
    async act(shop) {
      await view(shop, '1');
      shop.tty.press('?');
    },
  },
  {
    name: 'palette',
    shows: /restart gracefully/,
    async act(shop) {
      await view(shop, '1');
      shop.tty.press(':');
    },
  },
  {
    name: 'overview-80x24',
    shows: /Overview/,
    async act(shop) {
      await view(shop, '1');
      shop.tty.resize(80, 24);
      await sleep(2000);
    },
  },
];
