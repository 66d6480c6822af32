import {appendFileSync, utimesSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {RestartCause} from '../../src/model/events.ts';
import {apply, initialState} from '../../src/model/reduce.ts';
import type {RestartRecord} from '../../src/model/state.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {type Column, columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const APP = resolve(import.meta.dirname, '../fixtures/restarts');
/** Longer than any timeout here. */
const LONG = 40_000;

interface Step {
  does: string;
  /** Brings the process to its end, or sees to it that it comes. */
  provoke: (deck: RunningDeck, pid: number) => unknown;
  cause: RestartCause;
  text: RegExp;
}

interface Story {
  name: string;
  args: string[];
  script?: string;
  only?: (column: Column) => boolean;
  /** One process each, in this order. */
  steps: Step[];
}

/** A request whose answer (if one comes) is nobody's business. */
const ask = (deck: RunningDeck, path: string): void => void deck.get(path, {timeout: LONG}).catch(() => null);
const send = (signal: NodeJS.Signals) => (_: RunningDeck, pid: number) => process.kill(pid, signal);
const touch = (deck: RunningDeck) => {
  const later = new Date(Date.now() + 5000);
  utimesSync(join(deck.appDir, 'app.wsgi'), later, later);
  ask(deck, '/');
};
const many = async (deck: RunningDeck, pid: number) => {
  for (let n = 0; n < 20 && deck.processes().some((one) => one.pid === pid); n++) await deck.get('/', {timeout: LONG}).catch(() => null);
};

const seen = (deck: RunningDeck, pid: number) =>
  deck.waitEvent('processes', (event) => event.rows.some((row) => row.pid === pid && row.role === 'daemon'));
const UNTOLD = {cause: 'unknown', text: /^gone; the log does not say why$/} as const;

const STORIES: Story[] = [
  {
    name: 'signals, crashes, and a changed script',
    args: ['--shutdown-timeout', '1'],
    steps: [
      {does: 'SIGTERM', provoke: send('SIGTERM'), cause: 'shutdown', text: /told to stop/},
      {
        does: 'SIGTERM during a request',
        provoke: (deck, pid) => (ask(deck, '/sleep?20'), send('SIGTERM')(deck, pid)),
        cause: 'shutdown',
        text: /told to stop/,
      },
      {does: 'SIGKILL', provoke: send('SIGKILL'), cause: 'killed', text: /killed by SIGKILL/},
      {does: 'a segmentation fault', provoke: (deck) => ask(deck, '/fault'), cause: 'crash', text: /[Ss]egmentation fault.*GET \/fault/},
      {does: 'os._exit(7)', provoke: (deck) => ask(deck, '/exit?7'), cause: 'crash', text: /exit status 7/},
      {does: 'os._exit(0)', provoke: (deck) => ask(deck, '/exit?0'), cause: 'unknown', text: /ended/},
      {does: 'a touched script', provoke: touch, cause: 'script-changed', text: /script.*changed/},
      {does: 'SIGUSR1', provoke: send('SIGUSR1'), cause: 'graceful', text: /SIGUSR1/},
    ],
  },
  {
    name: 'request-timeout, one thread',
    args: ['--threads', '1', '--request-timeout', '2', '--shutdown-timeout', '1'],
    steps: [{does: 'a long request', provoke: (deck) => ask(deck, '/sleep?30'), cause: 'request-timeout', text: /request-timeout/}],
  },
  {
    name: 'request-timeout, five threads',
    args: ['--threads', '5', '--request-timeout', '2', '--shutdown-timeout', '1'],
    steps: [{does: 'one long request', provoke: (deck) => ask(deck, '/sleep?30'), cause: 'request-timeout', text: /request-timeout/}],
  },
  {
    name: 'interrupt-timeout that cannot interrupt',
    args: ['--threads', '1', '--interrupt-timeout', '1', '--request-timeout', '2', '--shutdown-timeout', '1'],
    only: (column) => column.major >= 6,
    steps: [{does: 'a long sleep', provoke: (deck) => ask(deck, '/sleep?30'), cause: 'request-timeout', text: /request-timeout/}],
  },
  {
    name: 'maximum-requests and graceful-timeout',
    args: ['--threads', '2', '--maximum-requests', '4', '--graceful-timeout', '5', '--shutdown-timeout', '1'],
    steps: [
      {does: 'idle', provoke: many, cause: 'maximum-requests', text: /maximum-requests/},
      {
        does: 'with a request in flight',
        provoke: (deck, pid) => (ask(deck, '/sleep?2'), many(deck, pid)),
        cause: 'maximum-requests',
        text: /maximum-requests/,
      },
      {
        does: 'graceful-timeout over',
        provoke: (deck, pid) => (ask(deck, '/sleep?30'), many(deck, pid)),
        cause: 'maximum-requests',
        text: /maximum-requests/,
      },
    ],
  },
  {
    name: 'cpu-time-limit',
    args: ['--cpu-time-limit', '2', '--shutdown-timeout', '1'],
    steps: [{does: 'three seconds of work', provoke: (deck) => ask(deck, '/spin?3'), cause: 'cpu-time-limit', text: /cpu-time-limit/}],
  },
  {
    name: 'inactivity-timeout',
    args: ['--inactivity-timeout', '2'],
    steps: [{does: 'nothing', provoke: (deck) => deck.get('/'), cause: 'inactivity-timeout', text: /inactivity-timeout/}],
  },
  {
    name: 'restart-interval',
    args: ['--restart-interval', '4', '--shutdown-timeout', '1'],
    steps: [
      {does: 'idle', provoke: () => null, cause: 'restart-interval', text: /restart-interval/},
      {does: 'busy', provoke: (deck) => ask(deck, '/sleep?6'), cause: 'restart-interval', text: /restart-interval/},
    ],
  },
  {
    name: 'deadlock-timeout',
    args: ['--deadlock-timeout', '2', '--shutdown-timeout', '1'],
    steps: [{does: 'the GIL is held', provoke: (deck) => ask(deck, '/hold?30'), cause: 'deadlock-timeout', text: /deadlock-timeout/}],
  },
  {
    name: 'eviction-timeout',
    args: ['--eviction-timeout', '3', '--shutdown-timeout', '1'],
    steps: [
      {does: 'SIGUSR1, idle', provoke: send('SIGUSR1'), cause: 'graceful', text: /SIGUSR1/},
      {
        does: 'SIGUSR1, busy',
        provoke: (deck, pid) => (ask(deck, '/sleep?30'), send('SIGUSR1')(deck, pid)),
        cause: 'graceful',
        text: /SIGUSR1/,
      },
    ],
  },
  {
    name: 'startup-timeout',
    args: ['--startup-timeout', '2', '--shutdown-timeout', '1'],
    script: 'failing.wsgi',
    steps: [{does: 'an import that fails', provoke: (deck) => ask(deck, '/'), cause: 'startup-timeout', text: /startup-timeout/}],
  },
  {
    name: 'a log that names no process',
    args: ['--error-log-format', '%M', '--shutdown-timeout', '1', '--deadlock-timeout', '4'],
    steps: [
      {does: 'SIGKILL, once it is known', provoke: async (deck, pid) => (await seen(deck, pid), send('SIGKILL')(deck, pid)), ...UNTOLD},
      {does: 'os._exit(7)', provoke: async (deck, pid) => (await seen(deck, pid), ask(deck, '/exit?7')), ...UNTOLD},
      {
        does: 'the GIL is held',
        provoke: async (deck, pid) => (await seen(deck, pid), ask(deck, '/hold?30')),
        cause: 'unknown',
        text: /held the interpreter; the log does not say why/,
      },
    ],
  },
  {
    name: 'reload',
    args: ['--reload-on-changes', '--reload-strategy', 'restart'],
    steps: [
      {
        does: 'a saved file',
        provoke: (deck) => appendFileSync(join(deck.appDir, 'app.wsgi'), '\n# saved\n'),
        cause: 'reload',
        text: /reload.*app\.wsgi/,
      },
    ],
  },
];

describe.concurrent.each(columns())('why a process went ($name)', (column) => {
  test.each(STORIES.filter(({only}) => only?.(column) ?? true))('$name', async ({args, script, steps}) => {
    const deck = await startDeck({app: APP, column, mode: 'json', args, ...(script ? {script} : {})});
    const ended: number[] = [];
    for (const step of steps) {
      const pid = await nextDaemon(deck, ended);
      ended.push(pid);
      await step.provoke(deck, pid);
      await until(`${step.does}: the end of ${pid}`, () => deck.processes().every((one) => one.pid !== pid), LONG).catch(
        (error: unknown) => {
          throw new Error(`${(error as Error).message}\n${deck.output().slice(-3000)}`, {cause: error});
        },
      );
    }
    await nextDaemon(deck, ended);
    // The last word may come up to three seconds later.
    await Promise.all(ended.map((pid) => deck.waitEvent('restart', (event) => event.pid === pid)));
    await deck.stop();
    const told = ended.map((pid, index) => ({does: steps[index]!.does, ...verdict(deck, pid)}));
    expect(told).toEqual(steps.map(({does, cause, text}) => ({does, cause, text: expect.stringMatching(text) as unknown})));
  });
});

/** The daemon that serves now, once its agent has reported. */
async function nextDaemon(deck: RunningDeck, before: number[]): Promise<number> {
  const {pid} = await deck.waitEvent('agent', (event) => event.state === 'connected' && !before.includes(event.pid), LONG);
  return pid;
}

/** What the dashboard shows in the end of a process's end. */
function verdict(deck: RunningDeck, pid: number): Partial<Pick<RestartRecord, 'cause' | 'text'>> {
  const {restarts} = deck.events().reduce(apply, initialState('test'));
  const found = restarts.find((one) => one.pid === pid);
  return found ? {cause: found.cause, text: found.text} : {};
}
