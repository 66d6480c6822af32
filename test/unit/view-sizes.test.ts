/** Every view at every size: exactly the screen's rows, none wider than the screen, the cut marked, what matters there. */
import {describe, expect, test} from 'vitest';
import {presentFrame} from '../../components/present/present-frame.ts';
import {DashboardStore} from '../../components/store/dashboard-store.ts';
import {runAction} from '../../components/store/actions.ts';
import {glyphs} from '../../src/terminal/glyphs.ts';
import {rowWidth} from '../../src/terminal/rows.ts';
import {busyEvents, event, incident, MemoryDeck, NOW, summary, verdict} from './view-deck.ts';
import {view} from './view-terminal.ts';

const SIZES = [
  [60, 15],
  [80, 24],
  [120, 34],
  [200, 60],
] as const;

const MUST_SHOW: Record<string, RegExp[]> = {
  '1': [/requests +98 \/s/, /3 of 10/, /longest +41\.2 s/, /reload.*views\.py.*48 ms/, /! +41\.2 s.*\/checkout\/pay/, /gives up in/],
  '2': [/3 active on 2 processes/, /157 s = 60 s × \(1 \+ ln 5\)/, /41\.2 s.*\/checkout\/pay.*116 s/, /\/search/],
  '3': [/2 captures/, /timeout +request timeout/, /asked/],
  '4': [/following/, /ValueError: bad card/],
  '5': [/daemon +23117/, /guard/, /request timeout +a request took longer/],
  '6': [/1 incident, all of them open/, /crash +Segm/, /C code read/],
  '7': [/options in effect/, /HTTPS/, /● +--https-port +8443/, /--host: Address to listen on/],
};

describe.each(SIZES)('%i x %i', (columns, rows) => {
  test.each(Object.keys(MUST_SHOW))('view %s', async (key) => {
    using screen = view(new MemoryDeck([...busyEvents(), ...(key === '6' ? [event({type: 'incident', incident: summary()})] : [])]), {
      columns,
      rows,
    });
    screen.press(key);
    for (const pattern of MUST_SHOW[key]!) await screen.shows(pattern);
    const lines = screen.lines();
    expect(lines).toHaveLength(rows);
    expect(lines[0]).toMatch(/shop {2}● ready/);
    expect(lines.at(-1)).toMatch(/q quit/);
  });
});

test('no size makes a frame of another height or a row wider than the screen, in any place', () => {
  const deck = new MemoryDeck([
    ...busyEvents(),
    event({type: 'agent', pid: 23118, state: 'wedged', detail: 'one thread holds the GIL'}),
    event({type: 'verdict', verdict: verdict()}),
    event({type: 'incident', incident: summary()}),
    event({type: 'replay', replay: {file: 'x', from: NOW - 60_000, to: NOW, at: NOW, paused: false, speed: 1, incidents: []}}),
  ]);
  deck.incidents = [incident()];
  const store = new DashboardStore(deck, {
    columns: 80,
    rows: 24,
    glyphs: glyphs(true),
    colour: true,
    quitMeans: 'stop',
    readOnly: false,
    mouse: false,
    onLeave() {},
    onMouse() {},
    now: () => NOW,
  });
  const places = [
    'view-1',
    'view-2',
    'open',
    'fold',
    'back',
    'view-3',
    'open',
    'back',
    'view-4',
    'filter',
    'view-5',
    'signal',
    'view-6',
    'open',
    'next-place',
    'export',
    'advice',
    'reloads',
    'foreign',
    'view-7',
    'end',
    'part',
    'next-section',
    'next-section',
    'search',
    'view-1',
    'help',
    'palette',
    'back',
    'view-1',
    'zoom',
    'stop-now',
  ];
  for (const action of places) {
    runAction(store, action);
    for (const columns of [20, 37, 60, 61, 80, 99, 120, 157, 200, 300]) {
      for (const rows of [1, 2, 5, 9, 11, 15, 24, 34, 60, 100]) {
        const frame = presentFrame({...store.snapshot, columns, rows});
        const all = [...frame.header, ...frame.body, ...frame.footer];
        expect(all.length, `${action} at ${columns}x${rows}`).toBe(rows);
        for (const row of all)
          expect(rowWidth(row.spans), `${action} at ${columns}x${rows}: ${row.spans.map((one) => one.text).join('')}`).toBeLessThanOrEqual(
            columns,
          );
      }
    }
  }
  store.stop();
});
