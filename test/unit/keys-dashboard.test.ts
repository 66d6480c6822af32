/** What the keys do to the server and to the screen. */
import {expect, test} from 'vitest';
import {busyEvents, event, MemoryDeck, NOW, REQUESTS, someLog} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const ready = () => new MemoryDeck(busyEvents());

test('digits, tab and shift-tab choose the view', async () => {
  using screen = view(ready());
  for (const [key, sign] of [
    ['2', /active on/],
    ['3', /captures/],
    ['4', /following/],
    ['5', /guard/],
    ['7', /options in effect/],
    [KEY.tab, /requests .*\/s/],
    [KEY.shiftTab, /options in effect/],
    [KEY.shiftTab, /no incidents/],
    [KEY.shiftTab, /guard/],
  ] as const) {
    screen.press(key);
    await screen.shows(sign);
  }
});

test('enter opens the selected request: its stack, its own frames marked, the source of the line; esc goes back', async () => {
  using screen = view(ready(), {columns: 120, rows: 34});
  screen.press('2', KEY.enter);
  await screen.shows(/● payments\/gateway\.py:118 +charge +yours/);
  await screen.shows(/› +118 +reply = session\.post\(self\.url, data=payload\)/);
  const folded = await screen.shows(/5 library frames folded/);
  expect(folded).not.toContain('django/core');
  screen.press('f');
  await screen.shows(/django\/core\/handlers\/wsgi\.py:124/);
  expect(screen.deck.asked).toContainEqual({type: 'live', pid: 23117});
  screen.press(KEY.esc);
  await screen.shows(/active on/);
});

test('an open request is asked for once a second, and says when it stands still, and when it has finished', async () => {
  const clock = {now: NOW};
  using screen = view(ready(), {columns: 120, rows: 34, clock});
  screen.press('2', KEY.enter);
  for (let i = 0; i < 3; i++) {
    const asked = () => screen.deck.asked.filter((one) => one.type === 'live').length;
    await screen.shows(() => asked() > i);
    clock.now += 1000;
  }
  await screen.shows(/stands still: same line in \d of \d samples/);
  screen.deck.happen(event({type: 'requests', pid: 23117, requests: [], busy: 0, total: 5, dropped: 0}));
  await screen.shows(/it has finished/);
  expect(screen.text()).toContain('gateway.py:118');
});

test('while nothing is being served, Requests shows those that have finished', async () => {
  using screen = view(ready());
  screen.press('2');
  await screen.shows(/3 active on 2 processes/);
  for (const pid of [23117, 23118]) screen.deck.happen(event({type: 'requests', pid, requests: [], busy: 0, total: 5, dropped: 0}));
  const text = await screen.shows(/nothing is being served[^]*the last that have finished[^]*200 +\d+ ms +GET \/item\/\d+/);
  expect(text).not.toMatch(/ValueError|0 active/);
});

test('the selection stays with its request when the list moves', async () => {
  using screen = view(ready());
  screen.press('2', KEY.down, KEY.down);
  await screen.shows(/static/);
  expect(screen.store.ui.selected.request).toBe('9xYzW');
  screen.deck.happen(event({type: 'requests', pid: 23117, requests: [], busy: 0, total: 5, dropped: 0}));
  await screen.shows((text) => !text.includes('checkout'));
  screen.press(KEY.enter);
  await screen.shows(/\/static\/app\.css/);
  expect(screen.store.ui.detail).toMatchObject({kind: 'request', id: '9xYzW'});
});

test('s takes stacks of all daemons and shows them', async () => {
  const deck = ready();
  deck.result = {
    ok: true,
    text: 'stacks of 2 processes',
    captures: [{id: 2, at: NOW, pid: 23117, method: 'agent', cause: 'asked', title: 'x', threads: 3, requests: 1}],
  };
  using screen = view(deck);
  screen.press('s');
  await screen.shows(/stacks of 2 processes/);
  await screen.shows(/2 captures/);
  expect(deck.commands()).toEqual([{type: 'stacks'}]);
  screen.press(KEY.enter);
  await screen.shows(/POST \/checkout\/pay {2}38\.2 s/);
  await screen.shows(/without a request: 2 threads/);
});

test('reload goes at once, a refusal is shown', async () => {
  const deck = ready();
  using screen = view(deck);
  screen.press('r');
  await screen.shows(/done/);
  deck.result = {ok: false, text: 'a reload is running already'};
  screen.press('r');
  await screen.shows(/a reload is running already/);
  expect(deck.commands()).toEqual([{type: 'reload'}, {type: 'reload'}]);
});

test('stop and restart ask first and say what they cut', async () => {
  using screen = view(ready());
  screen.press(':');
  await screen.shows(/type some letters/);
  screen.press('s', 't', 'o', 'p', ' ', 'n', 'o', 'w', KEY.enter);
  await screen.shows(/Stop now\? Cuts 3 requests in flight/);
  screen.press('n');
  await screen.shows(/q quit/);
  expect(screen.deck.commands()).toEqual([]);
  screen.press(KEY.ctrlP);
  await screen.shows(/type some letters/);
  screen.press('r', 'e', 's', 't', 'a', 'r', 't', KEY.enter);
  await screen.shows(/Restart Apache\? Cuts 3 requests/);
  screen.press('y');
  await screen.shows(/done/);
  expect(screen.deck.commands()).toEqual([{type: 'restart', graceful: false}]);
});

test('k offers signals with their effect and sends one after a yes', async () => {
  using screen = view(ready());
  screen.press('5', KEY.down, KEY.down, 'k');
  await screen.shows(/signal to daemon 23117.*serves 2 now/s);
  screen.press(KEY.down, KEY.enter);
  await screen.shows(/Send SIGUSR1 to daemon 23117\?/);
  screen.press('y');
  await screen.shows(/done/);
  expect(screen.deck.commands()).toEqual([{type: 'signal', pid: 23117, signal: 'SIGUSR1'}]);
});

test('logs: filter, inverse, a bad pattern, level, source, back to following', async () => {
  const deck = new MemoryDeck(busyEvents(someLog(200)));
  using screen = view(deck);
  screen.press('4', '/', 'b', 'a', 'd');
  await screen.shows((text) => /\/ bad/.test(text) && !/handled/.test(text) && /ValueError/.test(text));
  screen.press(KEY.backspace, KEY.backspace, KEY.backspace, '(');
  await screen.shows(/not a regular expression.*Unterminated/s);
  screen.press(KEY.backspace, '!', 'G', 'E', 'T', KEY.enter);
  await screen.shows((text) => /filter !GET/.test(text) && !/GET \//.test(text));
  screen.press(KEY.esc);
  await screen.shows((text) => !/filter !/.test(text) && /GET \//.test(text));
  expect(await screen.shows(/level all but Apache's info/)).not.toContain('handled');
  screen.press('l');
  await screen.shows((text) => /level all /.test(text) && /handled/.test(text));
  screen.press('l', 'l', 'l', 'l');
  await screen.shows((text) => /level error/.test(text) && !/warn /.test(text));
  screen.press('l', 'o', 'o', 'o');
  await screen.shows((text) => /source access/.test(text) && !/ValueError/.test(text));
});

test('logs: the lines and their count come in one frame, not one after the other', async () => {
  const deck = new MemoryDeck(busyEvents(someLog(100)));
  using screen = view(deck, {columns: 100, rows: 24});
  screen.press('4');
  await screen.shows(/following/);
  const apart: string[] = [];
  const unsubscribe = screen.store.subscribe(() => {
    const {body} = screen.store.painted();
    const counted = /(\d+) entries/.exec(body.join('\n'))?.[1];
    const newest = /line (\d+)/.exec(body.at(-1) ?? '')?.[1];
    if (newest !== undefined && newest !== counted) apart.push(`${counted} entries, newest ${newest}`);
  });
  for (let seq = 101; seq <= 106; seq++) {
    deck.happen(event({type: 'log', entry: {seq, at: NOW, source: 'app', level: 'info', text: `line ${seq}`}}));
    await screen.shows(new RegExp(`line ${seq}`));
  }
  unsubscribe();
  expect(apart).toEqual([]);
});

test('logs: scrolling back stands still while lines come, every line is reached once, end follows', async () => {
  const deck = new MemoryDeck(busyEvents(someLog(100)));
  using screen = view(deck, {columns: 100, rows: 24});
  screen.press('4', 'l');
  await screen.shows(/following +level all /);
  const seen: number[] = [];
  while (screen.store.ui.selected.entry !== 1) {
    const before = screen.store.ui.selected.entry;
    screen.press(KEY.up);
    await screen.shows(() => screen.store.ui.selected.entry !== before);
    seen.push(screen.store.ui.selected.entry!);
    expect(screen.store.fetchers.log.window?.entries.map((one) => one.seq)).toContain(screen.store.ui.selected.entry);
  }
  expect(seen).toEqual(Array.from({length: 99}, (_, index) => 99 - index));
  await screen.shows(/scrolled back/);
  await screen.shows(/GET \/item\/0$/m);
  const still = screen.lines().slice(3, -2);
  deck.happen(event({type: 'log', entry: {seq: 101, at: NOW, source: 'app', level: 'info', text: 'a new line'}}));
  await screen.shows(/101 entries/);
  expect(screen.lines().slice(4, -2)).toEqual(still.slice(1));
  screen.press('F');
  await screen.shows(/a new line/);
});

test('an entry opens in full and scrolls', async () => {
  using screen = view(new MemoryDeck(busyEvents(someLog(39))), {columns: 60, rows: 15});
  screen.press('4', '/', 'V', 'a', 'l', 'u', 'e', KEY.enter);
  await screen.shows(/filter Value/);
  screen.press(KEY.up, KEY.enter);
  await screen.shows(/payments\/gateway\.py:96 in check/);
  await screen.shows(/what it means: The application raised ValueError/);
  screen.press('G');
  await screen.shows(/raise ValueError\("bad card"\)/);
  screen.press(KEY.esc);
  await screen.shows(/filter Value/);
});

test('help lists the keys of its view, from the table', async () => {
  using screen = view(ready(), {columns: 100, rows: 50});
  screen.press('4', '?');
  await screen.shows(/in logs/);
  const text = await screen.shows(/everywhere/);
  expect(text).toMatch(/F +jump to the newest line and follow/);
  expect(text).toMatch(/ctrl-c +stop gracefully and show progress; again: stop now/);
});

test('ctrl-z does nothing, and says so', async () => {
  using screen = view(ready());
  await screen.shows(/q quit/);
  screen.press('\u001a');
  await screen.shows(/not put in the background; wsgideck attach opens another screen/);
  using attached = view(ready(), {quitMeans: 'detach'});
  await attached.shows(/q detach/);
  attached.press('\u001a');
  await attached.shows(/not put in the background: q leaves, the server goes on/);
  expect([screen.left, attached.left]).toEqual([[], []]);
});

test('pasted text is never taken as keys', async () => {
  using screen = view(ready());
  await screen.shows(/q quit/);
  screen.press('\u001b[200~qry\u001b[201~');
  screen.press('2');
  await screen.shows(/active on/);
  expect(screen.deck.commands()).toEqual([]);
  expect(screen.left).toEqual([]);
});

test('the mouse: a click on a tab, on a row, again on it, the wheel', async () => {
  using screen = view(ready());
  await screen.shows(/2 Requests/);
  const column = screen.lines()[1]!.indexOf('Requests') + 2;
  screen.press(`\u001b[<0;${column};2M`);
  await screen.shows(/active on/);
  const row = screen.lines().findIndex((line) => line.includes('/search'));
  screen.press(`\u001b[<0;10;${row + 1}M`);
  await screen.shows(() => screen.store.ui.selected.request === '7aBcD');
  screen.press(`\u001b[<0;10;${row + 1}M`);
  await screen.shows(/GET \/search\?q=red\+shoes&page=2 {2}1\.9 s/);
});

test('z hides the chrome and brings it back', async () => {
  using screen = view(ready(), {columns: 80, rows: 24});
  await screen.shows(/2 Requests/);
  screen.press('z');
  await screen.shows((text) => !text.includes('2 Requests'));
  screen.press('z');
  await screen.shows(/2 Requests/);
});

test('q on an idle server stops it without a question', async () => {
  const deck = ready();
  deck.happen(
    event({type: 'requests', pid: 23117, requests: [], busy: 0, total: 5, dropped: 0}),
    event({type: 'requests', pid: 23118, requests: [], busy: 0, total: 5, dropped: 0}),
  );
  using screen = view(deck);
  await screen.shows(/nothing is being served/);
  screen.press('q');
  await screen.shows(/done/);
  expect(deck.commands()).toEqual([{type: 'stop', now: false}]);
});

test('q on a busy server asks; attached screens only leave', async () => {
  {
    using screen = view(ready());
    screen.press('q');
    await screen.shows(/Quit and stop the server\? First waits for 3 requests in flight/);
    for (const pid of [23117, 23118]) {
      screen.deck.happen(event({type: 'requests', pid, requests: [], busy: 0, total: 5, dropped: 0}));
      await screen.shows(pid === 23117 ? /First waits for 1 request in flight/ : /stop the server\? Nothing is in flight/);
    }
    expect(screen.deck.commands()).toEqual([]);
  }
  using attached = view(ready(), {quitMeans: 'detach'});
  await attached.shows(/q detach/);
  attached.press('q');
  await attached.shows(() => attached.left.length > 0);
  expect(attached.left).toEqual([{code: 0, message: null}]);
  expect(attached.deck.commands()).toEqual([]);
});

test('ctrl-c stops gracefully with progress, again stops now, and the screen goes when the server has stopped', async () => {
  const deck = ready();
  using screen = view(deck);
  await screen.shows(/q quit/);
  screen.press(KEY.ctrlC);
  await screen.shows(/active on/);
  deck.happen(
    event({type: 'phase', phase: 'stopping', detail: 'stopping'}),
    event({type: 'drain', inFlight: 3, oldestMs: 41_200, deadline: NOW + 18_000}),
  );
  await screen.shows(/waits for 3 requests, oldest 41\.2 s, cut in 18 s/);
  await screen.shows(/ctrl-c stops now/);
  screen.press(KEY.ctrlC);
  await screen.shows(() => deck.commands().length === 2);
  expect(deck.commands()).toEqual([
    {type: 'stop', now: false},
    {type: 'stop', now: true},
  ]);
  deck.happen(event({type: 'phase', phase: 'stopped', detail: 'stopped', exit: {code: 0, signal: null}}));
  await screen.shows(() => screen.left.length > 0);
  expect(screen.left).toEqual([{code: 0, message: null}]);
});

test('a lost connection ends the screen with its reason', async () => {
  using screen = view(ready());
  await screen.shows(/q quit/);
  screen.deck.close('the supervisor has gone');
  await screen.shows(() => screen.left.length > 0);
  expect(screen.left[0]).toEqual({code: 1, message: expect.stringContaining('the supervisor has gone')});
});

test('a server that failed: the reason, its last words, r tries again, q quits', async () => {
  const deck = ready();
  using screen = view(deck);
  await screen.shows(/q quit/);
  deck.happen(event({type: 'phase', phase: 'failed', detail: 'Apache ended 5 times within 60 s', exit: {code: 1, signal: null}}));
  await screen.shows(/✗ Apache ended 5 times within 60 s/);
  await screen.shows(/status 1/);
  await screen.shows(/ValueError: bad card/);
  screen.press('r');
  await screen.shows(/done/);
  screen.press('q');
  await screen.shows(() => screen.left.length > 0);
  expect(deck.commands()).toEqual([
    {type: 'restart', graceful: false},
    {type: 'stop', now: true},
  ]);
});

test('a screen that may only look sends nothing that changes the server', async () => {
  using screen = view(ready(), {readOnly: true});
  await screen.shows(/q quit|q detach/);
  screen.press('r', '5', 'k');
  await screen.shows(/this screen may only look/);
  screen.press(':');
  const text = await screen.shows(/type some letters/);
  expect(text).not.toMatch(/restart|stop now|reload(?! history)|file an incident/);
  expect(screen.deck.commands()).toEqual([]);
});

test('with NO_COLOR no colour is written, in ASCII nothing else', async () => {
  using screen = view(ready(), {colour: false, unicode: false});
  screen.press('2', KEY.enter);
  await screen.shows(/\* payments\/gateway\.py:118/);
  expect(screen.screen.raw).not.toMatch(/\u001b\[(?:[\d;]*;)?(?:3[0-7]|9[0-7]|4[0-7])m/);
  expect(screen.text()).toMatch(/^[\x20-\x7e\n]*$/);
});

test('a wedged interpreter comes first and leads to its stack', async () => {
  const deck = ready();
  deck.happen(event({type: 'agent', pid: 23117, state: 'wedged', detail: 'app/hash.py:12 in digest holds the GIL'}));
  using screen = view(deck);
  const text = await screen.shows(/! app\/hash\.py:12 in digest holds the GIL/);
  expect(text.indexOf('hash.py')).toBeLessThan(text.indexOf('/checkout/pay'));
  expect(text).toMatch(/daemon 23117 answers nothing for 0 s/);
  expect(text).toMatch(/3 Stacks 2!/);
});

test('the state list is the one of the newest state', () => {
  expect(
    ready()
      .state()
      .requests.map((one) => one.id),
  ).toEqual(REQUESTS.map((one) => one.id));
});
