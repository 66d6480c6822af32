import {readdirSync, readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {diagnoseEntry} from '../../src/diagnose/index.ts';
import {logRules} from '../../src/diagnose/rules/index.ts';
import {OPTIONS} from '../../src/express/options/table.ts';
import {apply, initialState} from '../../src/model/reduce.ts';
import type {RestartRecord} from '../../src/model/state.ts';
import {restartReason} from '../../src/sources/logs/restart-reason.ts';
import {entriesOf} from '../support/log-entries.ts';

const ALONE = {info: null, restarts: []};
const FOLDERS = ['logs/', 'diagnose/logs/'].map((name) => new URL(`../fixtures/${name}`, import.meta.url));
const FILES = FOLDERS.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.log') && !name.startsWith('access-'))
    .map((name) => ({name, url: new URL(name, folder)})),
);
const EXPECTED = JSON.parse(readFileSync(new URL('../fixtures/diagnose/expected.json', import.meta.url), 'utf8')) as Record<
  string,
  string[]
>;

function entries(name: string) {
  const {url} = FILES.find((file) => file.name === name)!;
  return entriesOf(url, name.startsWith('start-') ? {rawSource: 'startup'} : {});
}

/** The best diagnosis of each entry that has one, in order, each once. */
function firstRules(name: string): string[] {
  return [...new Set(entries(name).flatMap((entry) => diagnoseEntry(entry, ALONE)[0]?.rule ?? []))];
}

describe('what real logs say', () => {
  it.each(FILES.map((file) => file.name))('%s', (name) => {
    expect(firstRules(name)).toEqual(EXPECTED[name]);
  });

  it('a healthy run, its start and its graceful restart say nothing', () => {
    for (const name of ['healthy-4.9.4.log', 'healthy-6.1.1.log']) {
      expect(entries(name).length).toBeGreaterThan(10);
      expect(firstRules(name)).toEqual([]);
    }
  });

  it('every rule has an example, and of both versions where it is for both', () => {
    const seen = (which: (name: string) => boolean) => new Set(FILES.filter(({name}) => which(name)).flatMap(({name}) => firstRules(name)));
    const [anywhere, in4, in6] = [() => true, (name: string) => !name.includes('-6.1.1'), (name: string) => !name.includes('-4.9.4')].map(
      seen,
    );
    for (const {rule, versions} of logRules) {
      expect(anywhere, rule).toContain(rule);
      expect([rule, versions !== '6.x' && !in4!.has(rule)]).toEqual([rule, false]);
      expect([rule, versions !== '4.x' && !in6!.has(rule)]).toEqual([rule, false]);
    }
    expect(new Set(logRules.map(({rule}) => rule)).size).toBeGreaterThanOrEqual(60);
  });

  it('causes and remedies are one plain sentence each, and name only options that exist', () => {
    const known = new Set(OPTIONS.flatMap((option): string[] => [...option.flags]).filter((flag) => flag.startsWith('--')));
    for (const {name} of FILES) {
      for (const {rule, cause, remedy} of entries(name).flatMap((entry) => diagnoseEntry(entry, ALONE).slice(0, 1))) {
        for (const text of [cause, remedy]) {
          expect(text, rule).toMatch(/^\S.*[.:!?)]$|^\S.*[^.]$/);
          expect(text, rule).not.toMatch(/undefined|\n/);
          expect(text.length, `${rule}: ${text}`).toBeLessThan(240);
        }
        for (const [flag] of remedy.matchAll(/(?<![\w-])--[a-z][a-z-]+/g))
          expect([rule, flag, known.has(flag)]).toEqual([rule, flag, true]);
      }
    }
  });
});

describe.each(['4.9.4', '6.1.1'])('an answer that broke off, mod_wsgi %s', (version) => {
  /** The ends of daemon processes that the log tells of, as the state holds them. */
  function restarts(name: string): RestartRecord[] {
    let state = initialState('shop');
    for (const entry of entries(name)) {
      const reason = restartReason(entry);
      if (!reason) continue;
      const {pid, cause, text, processGroup = ''} = reason;
      state = apply(state, {type: 'restart', at: entry.at, instance: 'shop', pid, cause, text, processGroup, source: 'log'});
    }
    return state.restarts;
  }

  it.each([
    ['end-segfault', /SIGSEGV/, /extension/],
    ['end-kill', /SIGKILL/, /oom/],
    ['end-exit-status', /exit status 3|signal 3|SIGQUIT/, /./],
    ['request-timeout', /request-timeout/, /timeout of their own/],
    ['deadlock', /GIL/, /GIL/],
  ])('%s: names the end of the daemon process that is behind it', (log, cause, remedy) => {
    const name = `${log}-${version}.log`;
    const broken = entries(name).filter((entry) => diagnoseEntry(entry, ALONE)[0]?.rule === 'truncated-headers');
    expect(broken.length).toBeGreaterThan(0);
    const found = diagnoseEntry(broken[0]!, {info: null, restarts: restarts(name)})[0]!;
    expect(found).toMatchObject({rule: 'truncated-headers', cause: expect.stringMatching(cause), remedy: expect.stringMatching(remedy)});
    expect(found.evidence![0]).toMatch(/^daemon process \d+ /);
  });

  it('the request in flight gives the place, and decides between two ends at once', () => {
    const name = `end-segfault-${version}.log`;
    const broken = entries(name).find((entry) => diagnoseEntry(entry, ALONE)[0]?.rule === 'truncated-headers')!;
    const [real] = restarts(name);
    const at = '/srv/app/troubles.wsgi:250 in <lambda>';
    const request = {id: broken.requestId!, pid: real!.pid, ident: '1', method: 'GET', url: '/segfault', startedAt: broken.at - 20, at};
    const other = {...real!, pid: 1, at: broken.at, cause: 'killed' as const, text: 'another one'};
    const found = diagnoseEntry(broken, {info: null, restarts: [other, {...real!, at: broken.at + 900, inFlight: [request]}]})[0]!;
    expect(found.place).toEqual({file: '/srv/app/troubles.wsgi', line: 250, func: '<lambda>'});
    expect(found.evidence).toEqual([expect.stringContaining(`process ${real!.pid}`), `it was at GET /segfault, at ${at}`]);
  });

  it('with no end near in time it stands alone', () => {
    const name = `end-segfault-${version}.log`;
    const broken = entries(name).find((entry) => diagnoseEntry(entry, ALONE)[0]?.rule === 'truncated-headers')!;
    const late = restarts(name).map((one) => ({...one, at: one.at + 60_000}));
    expect(diagnoseEntry(broken, {info: null, restarts: late})).toEqual(diagnoseEntry(broken, ALONE));
  });
});

it('a traceback gives the line of the application, not that of the library it calls', () => {
  const locked = entries('exceptions-4.9.4.log').find((entry) => entry.text.startsWith('requests.exceptions'))!;
  expect(diagnoseEntry(locked, ALONE)[0]).toMatchObject({
    rule: 'connection-refused',
    place: {file: '/srv/app/troubles.wsgi', func: 'requests_get'},
  });
  const broken = entries('exceptions-4.9.4.log').find((entry) => entry.text.startsWith('SyntaxError'))!;
  expect(diagnoseEntry(broken, ALONE)[0]!.place).toEqual({file: '/srv/app/broken.py', line: 1});
});

it('no line, however made, takes long', () => {
  const long = [
    'a.'.repeat(32_000),
    "process '".repeat(7000),
    '(13)Permission denied: '.repeat(3000),
    'File "'.repeat(10_000),
    ' '.repeat(64_000),
  ];
  const openings = ['', 'KeyError: ', 'ImportError: cannot import name ', 'AH02291: Cannot access directory ', 'Invalid command '];
  const before = process.cpuUsage();
  for (const opening of openings) {
    for (const text of long.map((one) => opening + one)) {
      const more = Array.from({length: 50}, () => text);
      for (const source of ['error', 'app', 'startup', 'access'] as const) {
        diagnoseEntry({seq: 1, at: 0, source, level: 'error', text}, ALONE);
        diagnoseEntry({seq: 1, at: 0, source, level: 'error', text, kind: 'traceback', more}, ALONE);
      }
    }
  }
  // 200 entries: a pattern that goes quadratic on a line of 64 KB needs many seconds for it.
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(5);
});
