import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {createContext, runInContext} from 'node:vm';

const SCRIPT = resolve(import.meta.dirname, '../../dist/native/reload.js');

/** A page open in a browser, as far as the script in it can tell: what it asks for is really asked. */
export interface OpenPage {
  /** How often it has loaded itself again. */
  reloads: number;
  /** Addresses of its style sheets, in the page's order. */
  sheets: string[];
  /** How often it has asked. */
  questions: number;
  /** Somebody looks at it, or at something else. */
  show(visible: boolean): void;
  close(): void;
}

interface Link {
  href: string;
  cloneNode(): Link;
  after(next: Link): void;
  remove(): void;
  addEventListener(name: 'load' | 'error', listener: () => void): void;
}

/**
 * Runs the script of a page, which was asked for at `url`, against the real server. There is no browser here: of the document there is what the script
 * uses, style sheets load at once. `storage` is the tab's, which outlives the page.
 */
export function openPage(url: string, html: string, sheets: string[] = [], storage = new Map<string, string>()): OpenPage {
  const [, src = '', live = ''] = /<script src="([^"]+)" data-live="([^"]+)"/.exec(html) ?? [];
  if (src === '') throw new Error(`no script in ${html}`);
  const listeners = new Map<string, (event: {persisted: boolean}) => void>();
  const timers = new Set<NodeJS.Timeout>();
  const links: Link[] = [];
  const link = (href: string): Link => {
    const self: Link = {
      href,
      cloneNode: () => link(self.href),
      after: (next) => void links.splice(links.indexOf(self) + 1, 0, next),
      remove: () => void links.splice(links.indexOf(self), 1),
      addEventListener: (name, listener) => void (name === 'load' && setImmediate(listener)),
    };
    return self;
  };
  links.push(...sheets.map((one) => link(new URL(one, url).href)));
  const page = {reloads: 0, questions: 0};
  const document = {
    visibilityState: 'visible',
    currentScript: {dataset: {live}, src: new URL(src, url).href},
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
    querySelectorAll: () => [...links],
  };
  const context = createContext({
    document,
    location: {href: url, origin: new URL(url).origin, reload: () => void page.reloads++},
    sessionStorage: {getItem: (key: string) => storage.get(key) ?? null, setItem: (key: string, value: string) => storage.set(key, value)},
    addEventListener: (name: string, listener: () => void) => listeners.set(name, listener),
    fetch: (address: string, options: RequestInit) => {
      page.questions++;
      return fetch(address, options);
    },
    setTimeout: (run: () => void, ms: number) => {
      // A page's second is shorter here.
      const timer = setTimeout(run, ms / 20);
      timers.add(timer);
      return timer;
    },
    clearTimeout,
    URL,
    AbortSignal,
  });
  runInContext(readFileSync(SCRIPT, 'utf8'), context);
  return {
    get reloads() {
      return page.reloads;
    },
    get questions() {
      return page.questions;
    },
    get sheets() {
      return links.map((one) => one.href);
    },
    show(visible) {
      document.visibilityState = visible ? 'visible' : 'hidden';
      listeners.get('visibilitychange')?.({persisted: false});
    },
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      document.visibilityState = 'hidden';
    },
  };
}
