import {readFileSync} from 'node:fs';
import {describe, expect, test} from 'vitest';
import type {LogEntry} from '../../src/model/log.ts';
import {apacheNotice} from '../../src/sources/logs/apache-notice.ts';
import {ErrorLogParser} from '../../src/sources/logs/error-log-parser.ts';
import {restartReason, type RestartReason} from '../../src/sources/logs/restart-reason.ts';

function entriesOf(name: string): LogEntry[] {
  const entries: LogEntry[] = [];
  const parser = new ErrorLogParser((entry) => entries.push(entry));
  for (const line of readFileSync(new URL(`../fixtures/logs/${name}.log`, import.meta.url), 'latin1')
    .split('\n')
    .slice(0, -1))
    parser.push(line);
  parser.flush(true);
  return entries;
}

/** The best-known cause of each process, in the order in which they went, as a supervisor would keep it. */
function causes(name: string): string[] {
  const best = new Map<number, RestartReason>();
  for (const entry of entriesOf(name)) {
    const reason = restartReason(entry);
    if (!reason) continue;
    const known = best.get(reason.pid);
    if (!known || reason.rank > known.rank) best.set(reason.pid, reason);
  }
  return [...best.values()].map((reason) => reason.cause);
}

describe.each(['4.9.4', '6.1.1'])('mod_wsgi %s', (version) => {
  // The last process of each log goes because Apache is stopped at the end; its parent says so first.
  test.each([
    ['request-timeout', ['request-timeout', 'apache-restart']],
    ['deadlock', ['deadlock-timeout', 'apache-restart']],
    ['maximum-requests', ['maximum-requests', 'maximum-requests', 'apache-restart']],
    ['crash', ['crash', 'crash', 'crash', 'killed', 'apache-restart']],
    ['eviction', ['graceful', 'apache-restart']],
    ['inactivity-and-script-change', ['inactivity-timeout', 'script-changed', 'apache-restart']],
    ['restart-interval', ['restart-interval', 'restart-interval', 'restart-interval', 'apache-restart']],
    ['cpu-time-limit', ['cpu-time-limit', 'apache-restart']],
    ['startup-timeout', ['startup-timeout', 'apache-restart']],
  ])('%s', (name, expected) => {
    expect(causes(`${name}-${version}`)).toEqual(expected);
  });

  test('every reason names its process, and those of the daemon its group', () => {
    for (const name of ['request-timeout', 'crash', 'signals']) {
      const reasons = entriesOf(`${name}-${version}`).flatMap((entry) => restartReason(entry) ?? []);
      expect(reasons.length).toBeGreaterThan(3);
      for (const reason of reasons) {
        expect(reason.pid).toBeGreaterThan(1);
        expect(reason.text).toMatch(/^[A-Za-z]/);
      }
      // Apache's own report of a dead child (AH00052) knows no groups.
      const nameless = reasons.filter((reason) => reason.processGroup !== 'localhost:8000');
      expect(nameless.every((reason) => reason.rank === 2)).toBe(true);
    }
  });

  test('how a process died is told in words', () => {
    const texts = entriesOf(`crash-${version}`).map((entry) => restartReason(entry)?.text);
    // mod_wsgi says "signal 7" for os._exit(7) too: what cannot be known is not claimed.
    expect(texts).toContain('crashed with SIGSEGV, or ended with exit status 11 (mod_wsgi reports both alike)');
    expect(texts).toContain('crashed with SIGABRT, or ended with exit status 6 (mod_wsgi reports both alike)');
    expect(texts).toContain('killed by SIGKILL from outside, or ended with exit status 9');
    expect(texts).toContain('crashed with SIGQUIT, or ended with exit status 3 (mod_wsgi reports both alike)');
  });

  test('Apache restarts and stops are recognised', () => {
    const kinds = entriesOf(`signals-${version}`).flatMap((entry) => apacheNotice(entry)?.kind ?? []);
    expect(kinds).toEqual([
      'running',
      'restarting-gracefully',
      'running',
      'restarting',
      'running',
      'stopping-gracefully',
      ...(kinds.length > 6 ? ['stopping'] : []),
    ]);
  });
});

test('what an application prints is never taken for a reason', () => {
  const entry: LogEntry = {
    seq: 0,
    at: 1,
    source: 'app',
    level: 'info',
    pid: 7,
    text: 'Shutdown requested by user, Maximum requests reached',
  };
  expect(restartReason(entry)).toBeNull();
  expect(restartReason({...entry, text: 'monitor (pid=7): Triggering process restart.'})).toMatchObject({pid: 7, cause: 'reload'});
});

test('start failures are recognised with and without a code', () => {
  const parsed: LogEntry[] = [];
  const parser = new ErrorLogParser((entry) => parsed.push(entry), {rawSource: 'startup'});
  parser.push('(98)Address already in use: AH00072: make_sock: could not bind to address 127.0.0.1:8000');
  parser.push('no listening sockets available, shutting down');
  parser.push('AH00526: Syntax error on line 5 of /srv/httpd.conf:');
  parser.push("AH00558: apache2: Could not reliably determine the server's fully qualified domain name");
  expect(parsed.map((entry) => apacheNotice(entry)?.kind)).toEqual(['start-failed', 'start-failed', 'start-failed', undefined]);
});
