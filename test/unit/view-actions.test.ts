/** Actions on a request, a process, a line of code: what they say first, and what they send. */
import {expect, test} from 'vitest';
import type {Place} from '../../src/model/diagnosis.ts';
import {busyEvents, capture, event, INFO, MemoryDeck, NOW, STUCK, verdict} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const ready = () => new MemoryDeck(busyEvents());

test('interrupt and recycle say what happens to the requests, also where the question fills its row', async () => {
  const deck = ready();
  using screen = view(deck, {columns: 80, rows: 24});
  screen.press('2', KEY.enter, 'x');
  await screen.shows(/ ! An exception is raised in its thread; the others go on[^]*y yes {2}n no {2}Interrupt POST \/checkout\/pay\?/);
  screen.press('y');
  await screen.shows(/done/);
  screen.press('c');
  await screen.shows(
    /Recycle daemon 23117\?[^]*Its 2 requests may finish for 15 s|Its 2 requests may finish for 15 s[^]*Recycle daemon 23117\?/,
  );
  screen.press('y', KEY.esc);
  await screen.shows(/active on/);
  screen.press('5', KEY.down, KEY.down, 'S');
  await screen.shows(() => deck.commands().length === 3);
  expect(deck.commands()).toEqual([
    {type: 'interrupt', requestId: '5XlyVZWRnvY'},
    {type: 'recycle', pid: 23117},
    {type: 'stacks', pid: 23117},
  ]);
  screen.press('5', KEY.home, 'c');
  await screen.shows(/only daemon processes can be recycled/);
});

test('enter opens the editor at the marked line; brackets mark another one; a problem is said', async () => {
  const opened: Place[] = [];
  using screen = view(ready(), {columns: 120, rows: 34});
  screen.store.options.onEdit = async (place) => {
    opened.push(place);
    return opened.length === 1 ? null : 'no editor: ed is not installed';
  };
  screen.press('2', KEY.enter);
  await screen.shows(/› +● payments\/gateway\.py:118/);
  screen.press(KEY.enter, ']');
  await screen.shows(/› +● shop\/views\.py:57/);
  screen.press('e');
  await screen.shows(/no editor: ed is not installed/);
  expect(opened.map((one) => `${one.file}:${one.line}`)).toEqual(['/srv/shop/payments/gateway.py:118', '/srv/shop/shop/views.py:57']);
});

test('every action that changes something is refused in one line where nobody may act', async () => {
  const deck = ready();
  deck.happen(event({type: 'instance', info: {...INFO, readOnly: true}}));
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/shop {2}● ready {2}\S+ {2}.*read-only/);
  screen.press('2');
  for (const key of ['x', 'c', 'k', 'i', 'r', 'R']) {
    screen.press(key);
    await screen.shows(/this server was started with --read-only: nobody may act on it from here/);
    screen.store.change({status: null, overlay: null});
  }
  expect(deck.commands()).toEqual([]);
  expect(screen.lines().at(-1)).not.toMatch(/reload|recycle|interrupt/);
});

test('a server of somebody else says so in the header, and what a restart would add on a page', async () => {
  const deck = ready();
  deck.happen(
    event({
      type: 'instance',
      info: {...INFO, foreign: {kind: 'system', gains: ['stacks without the GIL', 'reload without a lost request']}},
    }),
  );
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/the system's Apache/);
  screen.press(':', 'w', 'h', 'a', 't', KEY.enter);
  await screen.shows(/a restart under wsgideck would add[^]*stacks without the GIL[^]*reload without a lost request/);
});

test('a request that is open shows the verdict, the limit, the meaning, and folds library frames', async () => {
  const deck = ready();
  deck.happen(event({type: 'verdict', verdict: verdict()}));
  using screen = view(deck, {columns: 120, rows: 40});
  screen.press('2', KEY.enter);
  const text = await screen.shows(/what to do/);
  expect(text).toMatch(/waiting: the same frame in 3 of 3 samples, in socket\.recv \(GIL free\)/);
  expect(text).toMatch(/mod_wsgi gives up on it in 116 s/);
  expect(text).toMatch(/what it means +\S/);
  expect(text).toMatch(/5 library frames folded/);
  expect(text).not.toMatch(/all 10 threads/);
  deck.happen(event({type: 'requests', pid: 23118, requests: [], busy: 8, total: 5, dropped: 0}));
  await screen.shows(/all 10 threads are busy: new requests wait in the queue/);
});

test('the last reloads with their steps; one that does not load has its line, and enter opens the editor there', async () => {
  const deck = ready();
  const opened: Place[] = [];
  deck.happen(
    event({
      type: 'reload',
      reload: {
        id: 2,
        names: ['shop/views.py', 'shop/urls.py'],
        files: 2,
        seenAt: NOW - 20_000,
        answeredAt: NOW - 19_940,
        status: 'done',
        ms: 60,
        by: 'change',
        strategy: 'swap',
        loadedAt: NOW - 19_955,
        switchedAt: NOW - 19_952,
        drainedAt: NOW - 14_000,
        importMs: 31,
        finishedByOld: 7,
        cut: 0,
        memoryBefore: 300_000_000,
        memoryAfter: 310_000_000,
      },
    }),
    event({
      type: 'reload',
      reload: {
        id: 3,
        names: ['shop/views.py'],
        files: 1,
        seenAt: NOW - 5000,
        answeredAt: null,
        status: 'failed',
        ms: null,
        by: 'change',
        strategy: 'swap',
        failure: {
          title: "SyntaxError: '(' was never closed",
          traceback: ['  File "/srv/shop/shop/views.py", line 12', "SyntaxError: '(' was never closed"],
          place: {file: '/srv/shop/shop/views.py', line: 12},
          source: 'return render(',
        },
      },
    }),
    event({
      type: 'slots',
      slots: [
        {name: 'blue', processGroup: 'a', state: 'live', since: NOW - 14_000, pids: [23117], inFlight: 2},
        {name: 'green', processGroup: 'b', state: 'failed', since: NOW - 4000, pids: [23118], inFlight: 0},
      ],
    }),
  );
  using screen = view(deck, {columns: 120, rows: 40});
  screen.store.options.onEdit = async (place) => {
    opened.push(place);
    return null;
  };
  const over = await screen.shows(/! the new code does not load: SyntaxError: '\(' was never closed +shop\/views\.py:12/);
  expect(over).toMatch(/reload +green failed +✗/);
  screen.press('h');
  const text = await screen.shows(/7 requests finished by the old code/);
  expect(text).toMatch(/blue +live +for 14\.0 s +2 requests in flight/);
  expect(text).toMatch(/loaded after 45 ms → switched 48 ms → live 60 ms → old code done 6\.0 s → import 31 ms/);
  expect(text).toMatch(/0 cut +memory 286 MiB → 296 MiB/);
  expect(text).toMatch(/› *at +shop\/views\.py:12/);
  screen.press(KEY.enter);
  await screen.shows(() => opened.length === 1);
  expect(opened).toEqual([{file: '/srv/shop/shop/views.py', line: 12}]);
});

test('stacks of all processes that were taken together are one page, equal ones counted; o shows the one process', async () => {
  const deck = ready();
  const other = {...STUCK, ident: '5', request: {...STUCK.request!, id: 'other', startedAt: NOW - 12_000}};
  deck.captures = [
    capture({id: 2}),
    capture({id: 3, pid: 23118, threads: [other, capture().threads[1]!], uncovered: 'the interpreter of /admin'}),
  ];
  deck.happen(event({type: 'stacks', capture: deck.captures[1]!}, 2900));
  using screen = view(deck, {columns: 120, rows: 40});
  screen.press('3', KEY.enter);
  const text = await screen.shows(/2 threads at the same line in 2 processes/);
  expect(text).toMatch(/with 1 more process of the same moment: 23117/);
  expect(text).toMatch(/POST \/checkout\/pay {2}38\.\d s[^]*POST \/checkout\/pay {2}9\.\d s/);
  expect(text).toMatch(/without a request: 3 threads/);
  expect(text).toMatch(/not covered +the interpreter of \/admin/);
  screen.press('o');
  await screen.shows((now) => !now.includes('2 threads at the same line') && /without a request: 1 thread,/.test(now));
});

test('a file that was mended since shows the line that did not load, not the one that stands there now', async () => {
  const failed = (source: string) =>
    event({
      type: 'reload',
      reload: {
        id: 1,
        names: ['payments/gateway.py'],
        files: 1,
        seenAt: NOW - 5000,
        answeredAt: null,
        status: 'failed',
        ms: null,
        by: 'change',
        failure: {title: 'NameError', traceback: [], place: {file: '/srv/shop/payments/gateway.py', line: 118}, source},
      },
    });
  // What the deck answers for every file has this line at 118.
  for (const [source, around] of [
    ['reply = session.post(self.url, data=payload)', true],
    ['reply = sesion.post(self.url)', false],
  ] as const) {
    const deck = ready();
    deck.happen(failed(source));
    using screen = view(deck, {columns: 120, rows: 40});
    await screen.shows(/does not load/);
    screen.press('h');
    const text = await screen.shows((lines) => lines.includes(source) && lines.includes('payload = self._sign') === around);
    expect(text).toMatch(/› +118/);
  }
});
