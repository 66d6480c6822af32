/** Incidents on the screen: the badge, the list, the evidence, what can be done with it. */
import {expect, test} from 'vitest';
import {busyEvents, event, incident, MemoryDeck, NOW, summary} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const CLOSED = summary({
  id: '20261120-130000-2b',
  kind: 'request-timeout',
  severity: 'warn',
  openedAt: NOW - 3_700_000,
  closedAt: NOW - 3_688_000,
  title: 'request timeout: GET /report',
  count: 3,
  where: null,
});
const OLD = summary({
  id: '20261119-130000-3c',
  earlier: true,
  openedAt: NOW - 90_000_000,
  closedAt: NOW - 89_000_000,
  title: 'of yesterday',
});

function deckWith(...summaries: ReturnType<typeof summary>[]) {
  const deck = new MemoryDeck([...busyEvents(), ...summaries.map((one) => event({type: 'incident', incident: one}))]);
  deck.incidents = [incident()];
  return deck;
}

test('the tab counts what lasts or was not looked at; the list has the lasting ones first, with cause and remedy', async () => {
  using screen = view(deckWith(OLD, CLOSED, summary()), {columns: 140, rows: 34});
  await screen.shows(/6 Incidents 1!/);
  screen.press('6');
  const text = await screen.shows(/3 incidents, 1 open/);
  expect(text).toMatch(/›\S+ +crash +Segmentation fault in GET \/recommend +shop\/recommend\.py:22 +23116 +open 20\.0 s/);
  expect(text).toMatch(/request timeout +GET \/report +23116 +3 +12\.0 s/);
  expect(text).toMatch(/of yesterday.*earlier/);
  expect(text.indexOf('Segmentation')).toBeLessThan(text.indexOf('/report'));
  expect(text).toMatch(/what it means +C code read an address/);
  expect(text).toMatch(/what to do +Update the extension/);
  screen.press(KEY.down, KEY.down, KEY.enter);
  await screen.shows(/of yesterday/);
  await screen.shows(/its evidence is not kept any more/);
});

test('from the overview, enter opens the evidence of what is worst: cause, line, requests, figures, stacks, log', async () => {
  using screen = view(deckWith(summary()), {columns: 120, rows: 34});
  await screen.shows(/! crash: Segmentation fault in GET \/recommend +shop\/recommend\.py:22 in natively\(\) +enter → evidence/);
  screen.press(KEY.enter);
  const top = await screen.shows(/1 request in flight/);
  expect(top).toMatch(/what it means +C code read an address/);
  expect(top).toMatch(/reason +ended by SIGSEGV/);
  expect(top).toMatch(/› *where +shop\/recommend\.py:22 in natively/);
  expect(top).toContain('twice today');
  expect(top).toMatch(/21\.2 s +POST +\/checkout\/pay/);
  expect(top).toMatch(/requests \/s +115 +165 /);
  screen.press('G');
  const end = await screen.shows(/child pid 23116 exit signal/);
  expect(end).toMatch(/daemon +23117 +61 %/);
  for (let i = 0; i < 3; i++) screen.press(KEY.pageUp);
  await screen.shows(/stacks +Segmentation fault in GET \/recommend.*last words of the process/);
});

test('an incident that is over leaves the overview when it was looked at; an open one stays', async () => {
  const over = summary({id: 'b', openedAt: NOW - 30_000, closedAt: NOW - 29_000, title: 'memory limit reached', kind: 'memory-limit'});
  using screen = view(deckWith(over), {columns: 120, rows: 34});
  // What lasts comes first: the request that is waited for.
  const text = await screen.shows(/6 Incidents 1![^]*! over: memory limit reached/);
  expect(text.indexOf('/checkout/pay')).toBeLessThan(text.indexOf('over: memory'));
  screen.press('6', KEY.enter);
  await screen.shows(/memory limit +memory limit reached/);
  screen.press('1');
  await screen.shows((now) => /6 Incidents 1 /.test(now) && !now.includes('memory limit reached'));
  screen.deck.happen(event({type: 'incident', incident: summary()}));
  await screen.shows(/6 Incidents 1!/);
  screen.press(KEY.enter);
  await screen.shows(/opened/);
  screen.press(KEY.esc);
  await screen.shows(/6 Incidents 1![^]*Segmentation/);
});

test('x exports in the chosen form and copies the path; i files one by hand', async () => {
  const deck = deckWith(summary());
  const copied: string[] = [];
  using screen = view(deck, {columns: 120, rows: 34});
  screen.store.options.onCopy = (text) => copied.push(text);
  screen.press('6', 'x');
  await screen.shows(/export crash: Segmentation fault/);
  deck.result = {ok: true, text: 'written to /tmp/incidents/1a.md'};
  screen.press(KEY.down, KEY.enter);
  await screen.shows(/written to \/tmp\/incidents\/1a\.md \(copied\)/);
  expect(copied).toEqual(['/tmp/incidents/1a.md']);
  deck.result = {ok: true, text: 'incident 20261120-140231-9f'};
  screen.press('1', 'i');
  await screen.shows(/incident 20261120-140231-9f/);
  screen.press('2', 'i', '5', KEY.down, 'i');
  await screen.shows(() => deck.commands().length === 4);
  expect(deck.commands()).toEqual([
    {type: 'export-incident', id: '20261120-140150-1a', format: 'markdown'},
    {type: 'file-incident'},
    {type: 'file-incident', requestId: '5XlyVZWRnvY', pid: 23117},
    {type: 'file-incident', pid: 23118},
  ]);
});

test('an open incident is asked for again when it has grown, and not before', async () => {
  const clock = {now: NOW};
  const deck = deckWith(summary());
  using screen = view(deck, {columns: 120, rows: 34, clock});
  const asked = () => deck.asked.filter((one) => one.type === 'incident').length;
  screen.press(KEY.enter);
  await screen.shows(/1 request in flight/);
  clock.now += 10_000;
  screen.press(KEY.down);
  await screen.shows(() => asked() === 1);
  deck.incidents = [{...incident(), reason: 'more is known now'}];
  deck.happen(event({type: 'incident', incident: summary({count: 2})}));
  await screen.shows(/2 times/);
  await screen.shows(/more is known now/);
  expect(asked()).toBe(2);
});
