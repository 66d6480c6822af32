/** What needs a person: the worst is selected, says why, and enter leads to the line of code. */
import {expect, test} from 'vitest';
import {busyEvents, event, INFO, MemoryDeck, NOW, REQUESTS, summary, verdict} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const quiet = () => new MemoryDeck(busyEvents([]));

test('a stuck request is named with its line, its samples and the rule of the countdown; enter opens its stack', async () => {
  const deck = quiet();
  deck.happen(event({type: 'verdict', verdict: verdict({verdict: 'stuck'})}));
  using screen = view(deck, {columns: 140, rows: 34});
  const text = await screen.shows(/! stuck 41\.2 s +payments\/gateway\.py:118 in charge\(\) +POST \/checkout\/pay/);
  expect(text).toMatch(/same line in 3 of 3 samples +enter → stack/);
  expect(text).toMatch(/mod_wsgi gives up on it in 116 s: 60 s × \(1 \+ ln 5 threads\) = 157 s on 6\.x/);
  screen.press(KEY.enter);
  await screen.shows(/stuck: the same frame in 3 of 3 samples, in socket\.recv/);
  await screen.shows(/● payments\/gateway\.py:118 +charge +yours/);
});

const streaming = (ageMs: number, silentMs: number) =>
  event({
    type: 'requests',
    pid: 23117,
    requests: [{...REQUESTS[0]!, startedAt: NOW - ageMs, pieces: 14, silentSince: NOW - silentMs}],
    busy: 1,
    total: 5,
    dropped: 0,
  });

test('a response that is streamed is called that, in the list and with its stack, and asks for nobody', async () => {
  const deck = quiet();
  const moving = verdict({verdict: 'slow', pieces: 14, silentSince: NOW - 8000});
  delete moving.waitsIn;
  deck.happen(streaming(41_200, 8000), event({type: 'verdict', verdict: moving}));
  using screen = view(deck, {columns: 160, rows: 34});
  const text = await screen.shows(/41\.2 s +POST +\/checkout\/pay.* streams /);
  expect(text).not.toMatch(/! .*41\.2 s/);
  screen.press(KEY.enter);
  await screen.shows(/streaming, 14 pieces so far, silent for 8 s/);
});

test('a stream that mod_wsgi is about to cut says why, and one that has been silent for too long how long', async () => {
  const deck = quiet();
  deck.happen(streaming(140_000, 500));
  using screen = view(deck, {columns: 160, rows: 34});
  await screen.shows(/! +140 s +POST \/checkout\/pay/);
  await screen.shows(/It streams, but mod_wsgi counts the age of the whole response/);
  deck.happen(
    streaming(75_000, 61_000),
    event({type: 'verdict', verdict: verdict({pieces: 14, silentSince: NOW - 61_000, at: NOW, waitsIn: 'queue.get'})}),
  );
  await screen.shows(/! waiting 75\.0 s/);
  screen.press(KEY.enter);
  await screen.shows(/silent stream: nothing for 61\.0 s after 14 pieces, in queue\.get/);
});

test('on 4.x the rule is that of the process, with its figures', async () => {
  const deck = quiet();
  deck.happen(event({type: 'instance', info: {...INFO, modWsgi: '4.9.4'}}), event({type: 'verdict', verdict: verdict()}));
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/mod_wsgi ends its process in 129 s: 43\.1 s of ages \/ 5 threads = 8\.6 s, limit 60 s on 4\.x/);
});

test('requests that stand at the same line are one concern, and its incident is not said again', async () => {
  const deck = quiet();
  const other = {...REQUESTS[0]!, id: 'twin', ident: '9', startedAt: NOW - 30_000};
  deck.happen(
    event({type: 'requests', pid: 23117, requests: [REQUESTS[0]!, other], busy: 2, total: 5, dropped: 0}),
    event({type: 'verdict', verdict: verdict()}),
    event({type: 'verdict', verdict: verdict({requestId: 'twin'})}),
    event({
      type: 'incident',
      incident: summary({
        kind: 'stuck',
        severity: 'warn',
        pid: 23117,
        where: {file: '/srv/shop/payments/gateway.py', line: 118},
        title: 'stuck request: POST /checkout/pay',
        cause: 'No timeout is given.',
        remedy: 'Give one.',
      }),
    }),
  );
  using screen = view(deck, {columns: 120, rows: 34});
  const text = await screen.shows(/! 2 requests waiting 41\.2 s/);
  expect(text).toMatch(/No timeout is given\.\s+Give one\./);
  expect(text).not.toContain('stuck request: POST');
});

test('down reaches the lesser concerns and then the requests; each opens where it leads', async () => {
  const deck = quiet();
  deck.happen(
    event({type: 'verdict', verdict: verdict()}),
    event({
      type: 'advice',
      advice: [{rule: 'threads', severity: 'info', cause: 'Too few threads.', remedy: 'Two more.', evidence: ['busy 96 %']}],
    }),
  );
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/i Too few threads\. +a → advice/);
  screen.press(KEY.down);
  await screen.shows(/›i Too few threads/);
  screen.press(KEY.enter);
  await screen.shows(/capacity +2 × 5 threads = 10 requests at once[^]*Too few threads[^]*Two more[^]*busy 96 %/);
  screen.press(KEY.esc);
  await screen.shows(/›i Too few threads/);
  screen.press(KEY.down, KEY.down);
  await screen.shows(/› +1\.9 s +GET +\/search/);
  screen.press(KEY.enter);
  await screen.shows(/GET \/search\?q=red\+shoes&page=2 +1\.9 s/);
  screen.press(KEY.esc);
  await screen.shows(/Too few threads/);
  screen.press('a');
  await screen.shows(/busy 96 %/);
});

test('an exception and a line that a rule knows say what they mean, and lead to the traceback', async () => {
  const deck = quiet();
  deck.happen(
    event({type: 'requests', pid: 23117, requests: [], busy: 0, total: 5, dropped: 0}),
    event({
      type: 'exception',
      pid: 23118,
      title: "ModuleNotFoundError: No module named 'basket'",
      traceback: ['Traceback (most recent call last):', '  File "/srv/shop/shop/wsgi.py", line 3, in <module>', '    import basket'],
      file: '/srv/shop/shop/wsgi.py',
      line: 3,
    }),
  );
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/! ModuleNotFoundError: No module named 'basket' +shop\/wsgi\.py:3 +enter → traceback/);
  screen.press(KEY.enter);
  const text = await screen.shows(/import basket/);
  expect(text).toMatch(/what it means +\S/);
  expect(text).toMatch(/what to do +\S/);
});

test('phases stand on a tall overview and on the advice page', async () => {
  const deck = quiet();
  const figure = {p50: 3, p95: 40, p99: 90, mean: null, max: 120};
  deck.happen(
    event({
      type: 'phases',
      phases: {
        at: NOW,
        seconds: 10,
        source: 'telemetry',
        requests: 1820,
        utilization: 0.62,
        figures: [
          {phase: 'queue', ...figure},
          {phase: 'application', ...figure, p95: 80},
        ],
      },
    }),
  );
  using screen = view(deck, {columns: 200, rows: 60});
  await screen.shows(
    /where the time goes +1,820 requests in 10 s, from mod_wsgi's telemetry[^]*application +3 ms +80 ms +90 ms +– +120 ms/,
  );
  screen.press('a');
  await screen.shows(/threads busy 62 % of the time/);
});

test('what lasts comes before an incident that is over, which says so and is no alarm', async () => {
  const deck = quiet();
  const crash = summary({
    kind: 'crash',
    severity: 'error',
    title: 'crash: Segmentation fault in GET /x',
    openedAt: NOW - 9000,
    closedAt: NOW - 5000,
  });
  deck.happen(event({type: 'verdict', verdict: verdict()}), event({type: 'incident', incident: crash}));
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/! waiting 41\.2 s[^]*! over: crash: Segmentation fault in GET \/x/);
});

test('a server whose first answer is no page says which beside its state', async () => {
  const deck = quiet();
  deck.happen(event({type: 'phase', phase: 'ready', detail: '/ answers 403'}));
  using screen = view(deck, {columns: 120, rows: 34});
  await screen.shows(/ready +\/ answers 403 +http:\/\/localhost:8000/);
  deck.happen(event({type: 'phase', phase: 'ready', detail: ''}));
  await screen.shows(/ready +http:\/\/localhost:8000/);
});
