/** Text of strangers in every field that has any: it is seen, and nothing it says is done. */
import {expect, test} from 'vitest';
import {busyEvents, capture, entry, event, incident, INFO, MemoryDeck, request, someLog, summary, verdict} from './view-deck.ts';
import {KEY, view} from './view-terminal.ts';

const EVIL = '\u001b]0;pwned\u0007\u001b[2J\u001b[31m\u009b1m\r\n\u001b]52;c;cHduZWQ=\u0007\u202egnp.exe\u2066\u0000';

function evilDeck(): MemoryDeck {
  const deck = new MemoryDeck(busyEvents(someLog(10)));
  const one = request({
    id: 'evil',
    method: `G${EVIL}`,
    url: `/x${EVIL}`,
    client: EVIL,
    at: `/srv/shop/a${EVIL}.py:3 in f${EVIL}`,
    ageMs: 50_000,
  });
  deck.captures = [
    capture({
      id: 3,
      title: `t${EVIL}`,
      threads: [
        {
          ident: '1',
          name: EVIL,
          frames: [{file: `/srv/shop/a${EVIL}.py`, line: 3, func: `f${EVIL}`, source: EVIL}],
          request: {id: 'evil', method: 'GET', url: EVIL, startedAt: 0},
        },
      ],
    }),
  ];
  deck.config = {
    options: [{name: `--x${EVIL}`, area: EVIL, value: EVIL, given: true, help: EVIL}],
    file: EVIL,
    lines: ['', `# ${EVIL}`, `Define ${EVIL}`],
  };
  deck.happen(
    event({type: 'instance', info: {...INFO, name: `n${EVIL}`, url: `http://x${EVIL}`, python: EVIL, modWsgi: `6${EVIL}`}}),
    event({type: 'requests', pid: 23117, requests: [one], busy: 1, total: 5, dropped: 0}),
    event({type: 'notice', key: 'n', severity: 'error', text: `notice${EVIL}`, remedy: `remedy${EVIL}`}),
    event({type: 'restart', pid: 9, cause: 'unknown', text: `because${EVIL}`, processGroup: EVIL, source: 'log'}),
    event({
      type: 'reload',
      reload: {
        id: 9,
        names: [`file${EVIL}.py`],
        files: 1,
        seenAt: 0,
        answeredAt: null,
        status: 'failed',
        ms: null,
        by: 'change',
        detail: EVIL,
        failure: {title: EVIL, traceback: [EVIL], place: {file: `/srv/shop/a${EVIL}.py`, line: 3, func: EVIL}, source: EVIL},
      },
    }),
    event({type: 'stacks', capture: deck.captures[0]!}),
    event({
      type: 'log',
      entry: entry({source: 'app', level: 'error', text: `log${EVIL}`, more: [`more${EVIL}`], client: EVIL, requestId: EVIL, code: EVIL}),
    }),
  );
  const place = {file: `/srv/shop/b${EVIL}.py`, line: 4, func: EVIL};
  const told = {title: `i${EVIL}`, where: place, cause: EVIL, remedy: EVIL, processGroup: EVIL};
  deck.incidents = [
    {
      ...incident(told),
      reason: EVIL,
      inFlight: [one],
      verdicts: [verdict({requestId: 'evil', url: EVIL, waitsIn: EVIL})],
      captures: deck.captures,
      log: [entry({text: EVIL})],
      diagnoses: [{rule: 'r', severity: 'error', cause: EVIL, remedy: EVIL, evidence: [EVIL], place}],
    },
  ];
  deck.happen(
    event({type: 'incident', incident: summary(told)}),
    event({type: 'verdict', verdict: verdict({requestId: 'evil', url: EVIL, waitsIn: EVIL, own: {...place, source: EVIL}})}),
    event({type: 'advice', advice: [{rule: 'r', severity: 'info', cause: EVIL, remedy: EVIL, evidence: [EVIL]}]}),
    event({type: 'exception', pid: 1, title: EVIL, traceback: [EVIL], file: place.file, line: 4, request: EVIL}),
    event({
      type: 'slots',
      slots: [{name: 'blue', processGroup: EVIL, state: 'live', since: 0, pids: [23117], inFlight: 0}],
    }),
  );
  return deck;
}

test.each(['1', '1,enter', '2', '2,enter', '3', '3,enter', '4', '4,enter', '5', '6', '6,enter', 'a', 'h', '7', '7,o', ':', '?'])(
  'on %s',
  async (keys) => {
    using screen = view(evilDeck(), {columns: 120, rows: 34});
    const titles: string[] = [];
    screen.term.onTitleChange((title) => titles.push(title));
    await screen.shows(/● ready/);
    for (const key of keys.split(',')) {
      screen.press(key === 'enter' ? KEY.enter : key);
      await screen.shows(/quit|back|do it/);
    }
    if (keys === '4' || /^[1-367ah]/.test(keys)) await screen.shows(/␛\]0;pwned␇/);
    // What Ink itself writes: colours, cursor movement, erasing a line, the alternate screen, bracketed paste, synchronised output.
    const stripped = screen.screen.raw.replace(/\u001b\[(?:\??[\d;]*[hlmGKABCDEFHJ])/g, '');
    expect(stripped).not.toContain('\u001b');
    expect(stripped).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u0080-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(screen.screen.raw).not.toContain('\u001b[2J');
    expect(titles).toEqual([]);
    expect(screen.lines()).toHaveLength(34);
    expect(screen.lines()[0]).toContain('● ready');
  },
);

test('a log line of megabytes costs no more than what is seen of it', async () => {
  const deck = new MemoryDeck(
    busyEvents([entry({source: 'app', text: 'x'.repeat(5_000_000)}), entry({source: 'app', text: '日'.repeat(2_000_000)})]),
  );
  using screen = view(deck, {columns: 80, rows: 24});
  screen.press('4');
  await screen.shows(/x{20}…/);
  await screen.shows(/日{10}.*…/);
  const before = process.cpuUsage();
  for (let i = 0; i < 20; i++) screen.store.refresh();
  const {user} = process.cpuUsage(before);
  expect(user / 20).toBeLessThan(100_000);
});
