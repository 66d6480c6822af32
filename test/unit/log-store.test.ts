import {describe, expect, test} from 'vitest';
import type {LogEntry} from '../../src/model/log.ts';
import {LogStore} from '../../src/sources/logs/log-store.ts';

function entry(text: string, rest: Partial<LogEntry> = {}): LogEntry {
  return {seq: 0, at: 1000, source: 'error', level: 'info', text, ...rest};
}

function filled(count: number, capacity = 1000): LogStore {
  const store = new LogStore({capacity});
  for (let i = 1; i <= count; i++) store.add(entry(`line ${i}`, {level: i % 10 === 0 ? 'error' : 'info', pid: i % 3}));
  return store;
}

const texts = (entries: LogEntry[]): string[] => entries.map((one) => one.text);

describe('ring', () => {
  test('numbers without gaps and drops the oldest', () => {
    const store = filled(25, 10);
    expect([store.first, store.last]).toEqual([16, 25]);
    const window = store.window({filter: {}, limit: 100});
    expect(window.entries.map((one) => one.seq)).toEqual([16, 17, 18, 19, 20, 21, 22, 23, 24, 25]);
    expect(texts(window.entries)[0]).toBe('line 16');
    expect(window).toMatchObject({first: 16, last: 25, older: false, newer: false});
    expect(store.head()).toMatchObject({last: 25, dropped: 15, counts: {error: 2, info: 23, warn: 0}});
  });

  test('is bounded in bytes, too', () => {
    const store = new LogStore({maxBytes: 100_000});
    for (let i = 0; i < 1000; i++) store.add(entry(`${i} ${'x'.repeat(5000)}`));
    expect(store.bytes).toBeLessThanOrEqual(100_000);
    expect(store.last - store.first).toBeLessThan(25);
    expect(store.at(store.last).text).toMatch(/^999 /);
  });

  test('long texts are cut and say so', () => {
    const store = new LogStore();
    expect(store.add(entry('x'.repeat(10_000), {cut: 5}))).toMatchObject({cut: 10_000 - 8192 + 5});
    const folded = store.add(entry('boom', {kind: 'traceback', more: Array.from({length: 100}, () => 'y'.repeat(4000))}));
    expect(folded.more!.join('').length).toBeLessThanOrEqual(128 * 1024);
    expect(folded.more!.join('').length + folded.cut!).toBeGreaterThanOrEqual(400_000);
  });

  test('direct repeats are counted, and only those', () => {
    const store = new LogStore();
    const first = store.add(entry('again', {pid: 7, at: 1}));
    const second = store.add(entry('again', {pid: 7, at: 2}));
    expect(second).toMatchObject({seq: first.seq, repeated: 2, at: 2});
    expect(first.repeated).toBeUndefined();
    expect(store.add(entry('again', {pid: 7, at: 3})).repeated).toBe(3);
    for (const other of [{pid: 8}, {pid: 8, level: 'warn' as const}, {pid: 8, level: 'warn' as const, requestId: 'a'}]) {
      expect(store.add(entry('again', other)).repeated).toBeUndefined();
    }
    const access = {source: 'access' as const, access: {method: 'GET', url: '/', status: 200, micros: 1, bytes: 1}};
    expect(store.add(entry('GET / 200', access)).seq).toBe(5);
    expect(store.add(entry('GET / 200', access)).seq).toBe(6);
    expect(store.head().counts).toMatchObject({info: 4, warn: 2});
  });

  test('the head names the newest problems and what is no chatter of Apache, however seldom it is asked', () => {
    const store = filled(200);
    const problems = [130, 140, 150, 160, 170, 180, 190, 200].map((i) => `line ${i}`);
    expect(texts(store.head().problems)).toEqual(problems);
    expect(texts(store.head().recent)).toEqual(problems);
    store.add(entry('hello', {source: 'app'}));
    for (let i = 0; i < 50; i++) store.add(entry(`noise ${i}`));
    store.add(entry('ready', {source: 'deck', level: 'notice'}));
    store.add(entry('ready', {source: 'deck', level: 'notice'}));
    const {recent} = store.head();
    expect(texts(recent)).toEqual([...problems.slice(2), 'hello', 'ready']);
    expect(recent.at(-1)).toMatchObject({repeated: 2});
    const small = filled(25, 10);
    small.head();
    for (let i = 0; i < 8; i++) small.add(entry(`noise ${i}`));
    expect(texts(small.head().recent)).toEqual([]);
  });
});

describe('windows', () => {
  test('newest, before and after', () => {
    const store = filled(100);
    const ask = (query: {before?: number | null; after?: number; limit: number}): unknown[] => {
      const {entries, older, newer} = store.window({filter: {}, ...query});
      return [entries[0]?.seq, entries.at(-1)?.seq, entries.length, older, newer];
    };
    expect(ask({limit: 10})).toEqual([91, 100, 10, true, false]);
    expect(ask({before: null, limit: 10})).toEqual([91, 100, 10, true, false]);
    expect(ask({before: 91, limit: 10})).toEqual([81, 90, 10, true, true]);
    expect(ask({before: 5, limit: 10})).toEqual([1, 4, 4, false, true]);
    expect(ask({after: 90, limit: 5})).toEqual([91, 95, 5, true, true]);
    expect(ask({after: 95, limit: 50})).toEqual([96, 100, 5, true, false]);
    expect(ask({after: 100, limit: 5})).toEqual([undefined, undefined, 0, true, false]);
    expect(ask({limit: 9999})).toEqual([1, 100, 100, false, false]);
    expect(filled(900).window({filter: {}, limit: 9999}).entries).toHaveLength(500);
    expect(new LogStore().window({filter: {}, limit: 10})).toEqual({entries: [], older: false, newer: false, first: 1, last: 0});
  });

  test.each([
    [{text: 'line 4'}, (i: number) => String(i).startsWith('4')],
    [{text: 'LINE 4'}, () => false],
    [{text: 'Line'}, () => false],
    [{text: '!line 4'}, (i: number) => !String(i).startsWith('4')],
    [{text: '5$'}, (i: number) => i % 10 === 5],
    [{text: '!5$'}, (i: number) => i % 10 !== 5],
    [{text: 'e \\d\\d5$'}, (i: number) => i > 99 && i % 10 === 5],
    [{level: 'warn' as const}, (i: number) => i % 10 === 0],
    [{pid: 2}, (i: number) => i % 3 === 2],
    [{sources: ['app' as const]}, () => false],
    [{sources: ['app' as const, 'error' as const], text: '7', pid: 1}, (i: number) => i % 3 === 1 && String(i).includes('7')],
    [{text: '!'}, () => true],
    [{quiet: true}, (i: number) => i % 10 === 0],
    [{quiet: true, text: '3'}, (i: number) => i % 10 === 0 && String(i).includes('3')],
  ])('filter %j: the same whichever way it is paged, while entries come and go', (filter, wanted) => {
    const store = new LogStore({capacity: 300});
    const check = (): void => {
      const expected: number[] = [];
      for (let seq = store.first; seq <= store.last; seq++) if (wanted(seq)) expected.push(seq);
      const back: number[] = [];
      let before: number | null = null;
      for (;;) {
        const {entries, older} = store.window({filter, before, limit: 7});
        back.unshift(...entries.map((one) => one.seq));
        expect(older).toBe(back.length < expected.length);
        if (!older) break;
        before = entries[0]!.seq;
      }
      expect(back).toEqual(expected);
      const forth: number[] = [];
      for (let after = 0; ; after = forth.at(-1)!) {
        const {entries, newer} = store.window({filter, after, limit: 11});
        forth.push(...entries.map((one) => one.seq));
        expect(newer).toBe(forth.length < expected.length);
        if (!newer) break;
      }
      expect(forth).toEqual(expected);
    };
    for (let i = 1; i <= 1000; i++) {
      store.add(entry(`line ${i}`, {level: i % 10 === 0 ? 'error' : 'info', pid: i % 3}));
      if (i % 90 === 0 || i > 997) check();
    }
  });

  test('searches codes, request ids and folded lines', () => {
    const store = new LogStore();
    store.add(entry('a', {code: 'WSGI0147'}));
    store.add(entry('b', {requestId: 'Ps7Ec9LtW94'}));
    store.add(entry('ValueError: bad', {kind: 'traceback', more: ['File "views.py", line 3']}));
    for (const [text, found] of [
      ['WSGI0147', 'a'],
      ['ps7ec9', 'b'],
      ['views\\.py', 'ValueError: bad'],
    ]) {
      expect(texts(store.window({filter: {text: text!}, limit: 10}).entries)).toEqual([found]);
    }
  });
});

describe('expressions of the user', () => {
  test('an invalid one is an answer, not an exception', () => {
    expect(filled(10).window({filter: {text: 'a('}, limit: 10})).toEqual({
      entries: [],
      older: false,
      newer: false,
      first: 1,
      last: 10,
      error: 'not a regular expression: Unterminated group',
    });
    expect(filled(10).window({filter: {text: 'x'.repeat(501)}, limit: 10}).error).toMatch(/longer than 500/);
  });

  test('one that would run for years is given up, and stays given up', () => {
    const store = new LogStore();
    store.add(entry(`${'a'.repeat(60)}!`));
    const filter = {text: '^(a+)+$'};
    expect(store.window({filter, limit: 10}).error).toMatch(/takes too long/);
    store.add(entry('harmless'));
    expect(store.window({filter, limit: 10}).error).toMatch(/takes too long/);
    expect(texts(store.window({filter: {text: 'harm'}, limit: 10}).entries)).toEqual(['harmless']);
  });

  test('a slow one is answered in parts and gets to the end', () => {
    const store = new LogStore();
    // A good part of a millisecond a line: more than one budget for all of them.
    for (let i = 0; i < 1000; i++) store.add(entry(`${i} ${'ab'.repeat(120)}`));
    const filter = {text: 'a.*b.*c|^7 '};
    let window = store.window({filter, limit: 10});
    expect(window.older).toBe(true);
    for (let i = 0; i < 1000 && window.older; i++) window = store.window({filter, limit: 10});
    expect(window.error).toBeUndefined();
    expect(window.entries.map((one) => one.seq)).toEqual([8]);
  });
});
