import {connect} from 'node:net';
import {resolve} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {join} from 'node:path';
import type {IncidentKind} from '../../src/model/incidents.ts';
import type {RunningDeck} from './deck.ts';
import {saveByRename} from './save.ts';

/** One of the sixteen staged troubles of an application, and what the screen must say of it. */
export interface Trouble {
  name: string;
  /** The demo unless told. */
  app?: string;
  script?: string;
  args?: string[];
  /** Does it; what it returns is awaited when all has been seen. */
  provoke: (deck: RunningDeck) => Promise<unknown>;
  /** All of it must be on one screen, at most two keys from the Overview. */
  shows: RegExp[];
  keys?: string[];
  /** What holds it afterwards. */
  incident: {kind: IncidentKind; file?: string; says?: RegExp};
}

const DEMO = resolve(import.meta.dirname, '../../demo');
const QUIET = {timeout: 120_000};

/** A request whose answer does not matter, only what it does. */
const ask = (deck: RunningDeck, path: string): Promise<unknown> => deck.get(path, QUIET).catch(() => null);

/** Opens a connection, asks, and hangs up before the answer is whole. */
function hangUp(deck: RunningDeck, path: string): Promise<void> {
  return new Promise((done) => {
    const socket = connect({host: '127.0.0.1', port: deck.port}, () => {
      socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      setTimeout(() => socket.resetAndDestroy(), 100);
    });
    socket.on('error', () => {});
    socket.on('close', () => done());
  });
}

export const TROUBLES: Trouble[] = [
  {
    name: 'a slow upstream',
    provoke: (deck) => ask(deck, '/slow?s=25'),
    shows: [/gateway\.py:\d+/, /waits for an answer of another server/],
    incident: {kind: 'stuck', file: 'gateway.py'},
  },
  {
    name: 'a locked database',
    provoke: (deck) => ask(deck, '/locked?s=25'),
    shows: [/orders\.py:\d+/, /waits for the lock of a SQLite file/],
    incident: {kind: 'stuck', file: 'orders.py'},
  },
  {
    name: 'a deadlock of two threads',
    args: ['--request-timeout', '20'],
    provoke: (deck) => ask(deck, '/deadlock'),
    shows: [/Deadlock: 2 threads wait for locks, at shop\/warehouse\.py:\d+ .*warehouse\.py:\d+/],
    incident: {kind: 'stuck', file: 'warehouse.py'},
  },
  {
    name: 'the interpreter held in C',
    provoke: (deck) => ask(deck, '/gil?s=15'),
    shows: [/fraud\.py:\d+/, /holds the (GIL|interpreter)/i],
    incident: {kind: 'wedged', file: 'fraud.py'},
  },
  {
    name: 'a catastrophic regular expression',
    provoke: (deck) => ask(deck, '/regex?n=27'),
    shows: [/search\.py:\d+/, /regular expression/i],
    incident: {kind: 'wedged', file: 'search.py'},
  },
  {
    name: 'memory up to the limit',
    args: ['--memory-limit', String(200 * 2 ** 20), '--threads', '2'],
    provoke: async (deck) => {
      for (let round = 0; round < 6; round++) await ask(deck, '/leak?mb=50');
    },
    shows: [/recommendations\.py:\d+/, /--memory-limit/],
    incident: {kind: 'memory-limit', file: 'recommendations.py'},
  },
  {
    name: 'a thread that computes without end',
    provoke: (deck) => ask(deck, '/spin?s=25'),
    shows: [/reports\.py:\d+/, /computes|on a processor all the time/i],
    incident: {kind: 'stuck', file: 'reports.py'},
  },
  {
    name: 'an import that fails after a save',
    app: 'troubles',
    args: ['--reload-on-changes'],
    provoke: async (deck) => {
      await sleep(500);
      saveByRename(join(deck.appDir, 'trouble.py'), 'STOCK = 3\n\nPRICES = open_catalogue()\n');
    },
    shows: [/trouble\.py:3/, /NameError/, /old code serves on/],
    incident: {kind: 'failed-reload', file: 'trouble.py'},
  },
  {
    name: 'a module that is missing',
    app: 'troubles',
    script: 'missing.wsgi',
    provoke: (deck) => ask(deck, '/'),
    shows: [/missing\.wsgi:3/, /no module "leftpad_for_teapots"/],
    incident: {kind: 'failed-load', file: 'missing.wsgi'},
  },
  {
    name: 'a segmentation fault',
    provoke: (deck) => ask(deck, '/crash'),
    shows: [/recommendations\.py:\d+/, /died by a signal/],
    incident: {kind: 'crash', file: 'recommendations.py'},
  },
  {
    name: 'a response header that is too long',
    provoke: (deck) => Promise.all(Array.from({length: 8}, () => ask(deck, '/header?kb=64'))),
    shows: [/header-buffer-size/, /\/header/],
    incident: {kind: 'server-errors', says: /header/i},
  },
  {
    name: 'a full queue',
    args: ['--threads', '2', '--queue-timeout', '4'],
    provoke: (deck) => Promise.all(Array.from({length: 12}, () => ask(deck, '/slow?s=12'))),
    shows: [/ready +all threads busy/, /gateway\.py:\d+/],
    incident: {kind: 'saturated', file: 'gateway.py'},
  },
  {
    name: 'a recursion without end',
    provoke: (deck) => Promise.all(Array.from({length: 8}, () => ask(deck, '/recursion'))),
    shows: [/search\.py:\d+/, /calls itself/],
    incident: {kind: 'server-errors', file: 'search.py'},
  },
  {
    name: 'file descriptors that leak',
    provoke: (deck) => ask(deck, '/descriptors'),
    shows: [/session\.py:\d+/, /out of file descriptors/],
    incident: {kind: 'descriptors', file: 'session.py'},
  },
  {
    name: 'a process that ends again and again',
    app: 'troubles',
    script: 'ending.wsgi',
    provoke: async () => {},
    shows: [/ended \d+ times/, /status 3|exit|_exit/i],
    // The loop is known at the third end, the first crash a moment before: both are read on the Overview.
    keys: [],
    incident: {kind: 'restart-loop'},
  },
  {
    name: 'clients that go away',
    provoke: (deck) => Promise.all(Array.from({length: 20}, () => hangUp(deck, '/big?mb=50'))),
    shows: [/clients left before their answer/],
    incident: {kind: 'disconnects'},
  },
];

export const applicationOf = (trouble: Trouble): string => trouble.app ?? DEMO;
