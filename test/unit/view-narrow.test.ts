/** Small terminals: the cause and the line are readable, and whatever is left out is marked. */
import {describe, expect, test} from 'vitest';
import {busyEvents, capture, entry, event, incident, INFO, MemoryDeck, NOW, someLog, summary, verdict} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const quiet = () => new MemoryDeck(busyEvents([]));
const LONG =
  'Deadlock: 2 threads wait for locks, at shop/warehouse.py:21 in reserve and shop/warehouse.py:29 in recount, and no other request is running that could let one of them go.';
const REMEDY = 'Take the locks in the same order everywhere, or with a timeout: acquire(timeout=5).';
const WHERE = {file: '/srv/shop/shop/warehouse.py', line: 21, func: 'reserve'};

function stuck() {
  const deck = quiet();
  deck.happen(
    event({type: 'verdict', verdict: verdict({own: WHERE})}),
    event({
      type: 'incident',
      incident: summary({
        kind: 'stuck',
        severity: 'warn',
        title: 'waiting: GET /deadlock',
        pid: 23117,
        where: WHERE,
        cause: LONG,
        remedy: REMEDY,
      }),
    }),
  );
  return deck;
}

describe('80 x 24', () => {
  test('what is selected on the overview says in full what it means, as far as there is room, and marks what is left out', async () => {
    using screen = view(stuck());
    const text = await screen.shows(/Deadlock: 2 threads/);
    expect(text).toMatch(/warehouse\.py:29[^]*one of them go\.\n/);
    expect(text).toMatch(/Take the locks in the same order[^\n]*…\n/);
    // The others keep their rows.
    expect(text).toMatch(/threads busy 60 %/);
    expect(text).toMatch(/41\.2 s +POST +\/checkout\/pay/);
  });

  test('an explanation below the list of incidents is not cut where there is room, and marked where there is none', async () => {
    const deck = new MemoryDeck([
      ...busyEvents(),
      event({type: 'incident', incident: summary({cause: `${LONG} ${LONG}`, remedy: REMEDY})}),
    ]);
    using screen = view(deck);
    screen.press('6');
    await screen.shows(/let one of them go\. Deadlock[^]*let one of them go\.\n[^]*acquire\(timeout=5\)/);
    screen.resize(60, 15);
    await screen.shows((now) => now.split('\n').length === 15 && /what it means[^]*…\n─/.test(now));
  });

  test('lines that repeat themselves are one line with their number', async () => {
    const deck = new MemoryDeck(busyEvents(someLog(3)));
    for (let index = 0; index < 5; index++)
      deck.happen(event({type: 'log', entry: entry({level: 'error', text: 'Truncated response headers'})}));
    using screen = view(deck);
    const text = await screen.shows(/×5 Truncated response headers/);
    expect(text.match(/ error +\S* +.*Truncated/g)).toHaveLength(1);
  });

  test('a crash is told beside the last reload; what the reload itself has replaced is not', async () => {
    const deck = quiet();
    const ended = {type: 'restart', pid: 1, text: 'gone', processGroup: 'localhost:8000', source: 'agent'} as const;
    deck.happen(event({...ended, cause: 'reload'}));
    using screen = view(deck);
    expect(await screen.shows(/restarts 3/)).toMatch(/reload +✓ \S+ +shop\/views\.py +live in 48 ms/);
    deck.happen(event({...ended, cause: 'crash', pid: 2}));
    const text = await screen.shows(/restarts 4/);
    expect(text).toMatch(/reload +✓ .* restarts 4 +crash \d\d:\d\d:\d\d/);
  });

  test('a reload that failed is not pushed out by the end of a process', async () => {
    const deck = quiet();
    const failure = {title: "ModuleNotFoundError: No module named 'a_name_that_is_long_enough'", traceback: [], place: null};
    deck.happen(
      event({
        type: 'reload',
        reload: {
          id: 2,
          names: ['shop/views.py'],
          files: 1,
          seenAt: NOW - 9000,
          answeredAt: null,
          status: 'failed',
          ms: null,
          by: 'change',
          failure,
        },
      }),
      event({type: 'restart', cause: 'crash', pid: 1, text: 'gone', processGroup: 'localhost:8000', source: 'agent'}),
    );
    using screen = view(deck);
    expect(await screen.shows(/reload +✗/)).toMatch(/reload +✗ \S+ +shop\/views\.py +restarts 3/);
  });

  test('the whole title of a capture stands below the list when its row had to be cut', async () => {
    const deck = quiet();
    const title = 'waiting (socket.recv): GET /a/path/that/is/long after 6.9 s';
    deck.happen(event({type: 'stacks', capture: capture({id: 9, cause: 'early', title})}));
    using screen = view(deck);
    screen.press('3');
    await screen.shows(/waiting \(socket\.recv\): GET \/a\/path\/that\/is\/long after 6\.9 s \(told by the\s+agent\)/);
  });

  test('processes and their ends that have no room are counted; the reason has the width that it needs', async () => {
    const deck = quiet();
    for (let pid = 1; pid <= 12; pid++)
      deck.happen(
        event({
          type: 'restart',
          pid,
          cause: 'crash',
          text: 'crashed: Segmentation fault in GET /pay',
          processGroup: 'a',
          source: 'agent',
        }),
      );
    using screen = view(deck);
    screen.press('5');
    const text = await screen.shows(/14 processes have gone, the last \d of them/);
    expect(text).toMatch(/crashed +Segmentation fault in GET \/pay$/m);
    screen.resize(60, 15);
    await screen.shows(/role \d\/7 +pid/);
  });

  test('two samples of a live stack at the same line are not called a line that changed', async () => {
    using screen = view(quiet(), {clock: {now: NOW}});
    screen.press(KEY.enter);
    await screen.shows(/one stack a second|stands still/);
    expect(screen.text()).not.toMatch(/the line changed/);
  });
});

describe('60 x 15', () => {
  test('the line of code of an incident stays, the hint of the key goes; all tabs fit', async () => {
    const deck = quiet();
    deck.happen(
      event({type: 'requests', pid: 23117, requests: [], busy: 0, total: 5, dropped: 0}),
      event({type: 'incident', incident: summary()}),
    );
    using screen = view(deck, {columns: 60, rows: 15});
    const text = await screen.shows(/!.*shop\/recommend\.py:22/);
    expect(text.split('\n')[1]).toMatch(/7 Conf$/);
  });

  test('the countdown is said in fewer words, not cut', async () => {
    const deck = quiet();
    deck.happen(event({type: 'instance', info: {...INFO, modWsgi: '4.9.4'}}), event({type: 'verdict', verdict: verdict()}));
    using screen = view(deck, {columns: 60, rows: 15});
    screen.press('2');
    await screen.shows(/3 active on 2 processes +limit 60 s on average/);
    screen.press(KEY.enter);
    await screen.shows(/its process ends in 129 s/);
  });
});

test('without Unicode the mark of what was cut is ASCII everywhere on the overview', async () => {
  const deck = quiet();
  deck.happen(event({type: 'incident', incident: summary({title: `crash: ${'a very long title '.repeat(10)}`})}));
  using screen = view(deck, {unicode: false});
  const text = await screen.shows(/crash: a very long title .*~ +shop\/recommend\.py:22/);
  expect(text).not.toMatch(/[^\x20-\x7e\n]/);
});

test('an exception that an incident names without a place gives it the line, and is not said twice', async () => {
  const deck = quiet();
  deck.happen(
    event({
      type: 'incident',
      incident: summary({kind: 'server-errors', title: 'endless recursion: RecursionError: too deep', where: null}),
    }),
    event({type: 'exception', pid: 23117, title: 'RecursionError: too deep', traceback: [], file: '/srv/shop/shop/search.py', line: 32}),
  );
  using screen = view(deck, {columns: 120, rows: 34});
  const text = await screen.shows(/endless recursion: RecursionError: too deep +shop\/search\.py:32/);
  expect(text.match(/RecursionError/g)).toHaveLength(1);
});

test('a loop of restarts is said once, by its incident', async () => {
  const deck = quiet();
  const title = 'daemon processes have ended 3 times in 2 s';
  deck.happen(
    event({type: 'notice', key: 'loop daemon', severity: 'error', text: title}),
    event({type: 'incident', incident: summary({kind: 'restart-loop', title, where: null, pid: null})}),
  );
  using screen = view(deck, {columns: 120, rows: 34});
  const text = await screen.shows(/ended 3 times/);
  expect(text.match(/ended 3 times/g)).toHaveLength(1);
});

describe('what cannot be done is not offered', () => {
  const footer = (screen: ReturnType<typeof view>) => screen.lines().at(-1)!;

  test('a screen that only looks: nothing is said of a key that files incidents', async () => {
    const deck = new MemoryDeck([event({type: 'instance', info: {...INFO, reloadOnChanges: false}})]);
    using screen = view(deck, {readOnly: true});
    expect(await screen.shows(/reload +by hand, none so far/)).toMatch(/restarts none/);
    screen.press('6');
    expect(await screen.shows(/no incidents: nothing has gone wrong/)).not.toMatch(/files one by hand/);
  });

  test('a server that is only observed: why nothing is seen, and no key that needs us inside', async () => {
    const foreign = {kind: 'system' as const, gains: ['requests with their line of code']};
    const deck = new MemoryDeck([event({type: 'instance', info: {...INFO, foreign}})]);
    using screen = view(deck);
    screen.press('2');
    await screen.shows(/nobody tells what is being served +no countdown/);
    await screen.shows(/mod_status alone[^]*Under wsgideck each is shown/);
    expect(footer(screen)).not.toMatch(/interrupt/);
    screen.press('6');
    await screen.shows(/no incidents since this screen looks/);
    screen.press('3');
    await screen.shows(/taken from outside, by\s+pystack or py-spy/);
  });
});

test('the log of an incident leaves out what Apache says of itself', async () => {
  const deck = new MemoryDeck([...busyEvents(), event({type: 'incident', incident: summary()})]);
  const chatter = Array.from({length: 60}, () => entry({level: 'info', source: 'error', text: 'Attach interpreter.'}));
  deck.incidents = [{...incident(), log: [entry({level: 'error', text: 'the one that matters'}), ...chatter]}];
  using screen = view(deck, {columns: 120, rows: 60});
  screen.press('6', KEY.enter);
  await screen.shows(/ log +1 entry, without Apache's info/);
  expect(await screen.shows(/the one that matters/)).not.toMatch(/Attach interpreter/);
});
