import {readFileSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {diagnoseStack} from '../../src/diagnose/index.ts';
import {waitsIn} from '../../src/instance/early/waits-in.ts';
import type {StackCapture, ThreadStack} from '../../src/model/stacks.ts';
import type {RequestVerdict} from '../../src/model/verdict.ts';

const ROOTS = {projectRoot: '/srv/app', serverRoot: '/srv/deck'};
const own = (line: number, source: string, func = 'view') => ({file: '/srv/app/shop.py', line, func, source});
const HANDLER = {file: '/srv/deck/handler.wsgi', line: 90, func: 'application', source: 'return application(environ, start)'};

let count = 0;
function thread(url: string | null, ...frames: ThreadStack['frames']): ThreadStack {
  const id = `${++count}`;
  return {ident: id, frames: [...frames, HANDLER], ...(url === null ? {} : {request: {id, method: 'GET', url, startedAt: 0}})};
}

const capture = (...threads: ThreadStack[]): StackCapture => ({id: 1, at: 0, pid: 9, method: 'agent', cause: 'asked', title: '', threads});
const rules = (...threads: ThreadStack[]) => diagnoseStack(capture(...threads), null, ROOTS).map((one) => one.rule);

/** What every real thread says is in test/integration/stacks-say.test.ts; here is what several together mean. */
describe('several threads', () => {
  const waits = (url: string, line: number) => thread(url, own(line, 'with stock:'));

  it('locks at two lines and nobody else at work: a deadlock, with both places', () => {
    const [found, ...others] = diagnoseStack(capture(waits('/a', 5), waits('/b', 9)), null, ROOTS);
    expect(others).toEqual([expect.objectContaining({rule: 'stack-lock'})].slice(0, others.length));
    expect(found).toMatchObject({rule: 'stack-deadlock', evidence: ['GET /a at shop.py:5 in view', 'GET /b at shop.py:9 in view']});
  });

  it('at one line as well, but not when a thread of the application could hold that lock', () => {
    expect(rules(waits('/a', 5), waits('/b', 5))).toContain('stack-deadlock');
    expect(rules(waits('/a', 5), waits('/b', 5), thread(null, own(30, 'time.sleep(60)', 'worker')))).toEqual(['stack-lock']);
  });

  it('no deadlock while another request works, nor of one thread', () => {
    expect(rules(waits('/a', 5), waits('/b', 9), thread('/c', own(20, 'total = total + 1')))).not.toContain('stack-deadlock');
    expect(rules(waits('/a', 5))).toEqual(['stack-lock']);
  });

  it('the same place is said once, with the number of threads; the most common first', () => {
    const asks = (url: string) =>
      thread(url, {file: '/usr/lib/python3.11/socket.py', line: 706, func: 'readinto'}, own(40, 'reply = urlopen(URL)', 'charge'));
    const found = diagnoseStack(
      capture(thread('/z', own(7, 'time.sleep(5)')), asks('/1'), asks('/2'), asks('/3'), asks('/4')),
      null,
      ROOTS,
    );
    expect(found.map((one) => one.rule)).toEqual(['stack-socket', 'stack-sleep']);
    expect(found[0]).toMatchObject({
      place: {file: '/srv/app/shop.py', line: 40, func: 'charge'},
      evidence: ['4 threads at shop.py:40 in charge', 'GET /1', 'GET /2', 'GET /3'],
    });
  });

  it('of a crash the first thread is the one that crashed, whatever others wait for', () => {
    const crash = {
      ...capture(thread(null, own(22, 'library.strlen(1)', 'resize')), waits('/a', 5)),
      method: 'crash',
      cause: 'crash',
    } as const;
    expect(diagnoseStack(crash, null, ROOTS)[0]).toMatchObject({rule: 'stack-crash', place: {line: 22, func: 'resize'}});
  });

  it('with a verdict only the thread of its request counts', () => {
    const one = thread('/one', own(7, 'time.sleep(5)'));
    const verdict = {requestId: one.request!.id, verdict: 'waiting'} as RequestVerdict;
    expect(diagnoseStack(capture(one, thread('/two', own(8, 'one.recv(1)'))), verdict, ROOTS).map((found) => found.rule)).toEqual([
      'stack-sleep',
    ]);
  });

  it('idle threads, an empty capture and lines that say nothing mean nothing', () => {
    expect(rules()).toEqual([]);
    expect(rules(thread(null, own(3, 'time.sleep(60)', 'worker')))).toEqual([]);
    expect(rules(thread('/a', own(3, 'total += price')))).toEqual([]);
  });

  it('one that does not move and waits for nothing computes', () => {
    const one = thread('/a', own(3, 'total += price'));
    const verdict = {requestId: one.request!.id, verdict: 'stuck', same: 3, samples: 3} as RequestVerdict;
    expect(diagnoseStack(capture(one), verdict, ROOTS)).toMatchObject([
      {rule: 'stack-computing', evidence: ['the same line in 3 of 3 samples'], place: {line: 3}},
    ]);
  });
});

/**
 * Real stacks of threads that wait for a row that another transaction has written, or for a slow query: Python 3.11, psycopg2 2.9.13, psycopg 3.3.9,
 * PyMySQL 1.2.4, MySQLdb 1.4.6, PostgreSQL 15, MariaDB 10.11. Folders are replaced.
 */
const DATABASES = JSON.parse(readFileSync(new URL('../fixtures/diagnose/stacks/databases.json', import.meta.url), 'utf8')) as Record<
  string,
  Pick<ThreadStack, 'frames' | 'kernel'>
>;

describe('databases', () => {
  const of = ({frames, kernel}: Pick<ThreadStack, 'frames' | 'kernel'>) => {
    const one = thread('/pay', ...frames);
    return diagnoseStack(capture(kernel === undefined ? one : {...one, kernel}), null, ROOTS)[0];
  };

  it.each([
    ['psycopg2 update', 'stack-database'],
    ['psycopg2 slow', 'stack-database'],
    ['psycopg update', 'stack-postgres'],
    ['psycopg slow', 'stack-postgres'],
    ['pymysql update', 'stack-mysql'],
    ['pymysql slow', 'stack-mysql'],
    ['MySQLdb update', 'stack-mysql'],
    ['MySQLdb slow', 'stack-mysql'],
    ['psycopg2 for-update', 'stack-row-lock'],
    ['psycopg for-update', 'stack-row-lock'],
    ['pymysql for-update', 'stack-row-lock'],
    ['MySQLdb for-update', 'stack-row-lock'],
  ])('%s: %s', (name, rule) => {
    const found = of(DATABASES[name]!);
    expect(found).toMatchObject({rule, place: {file: '/srv/app/orders.py'}, remedy: expect.stringMatching(/pg_stat_activity|innodb_trx/)});
    const honest = /a lock that another transaction holds, or for a slow query; the stack cannot tell|most likely for the transaction/;
    expect(found!.cause).toMatch(honest);
  });

  it('a server is waited for by its socket, whatever the driver', () => {
    for (const [name, {frames}] of Object.entries(DATABASES)) {
      const kind = name.startsWith('pymysql') ? 'network' : 'events';
      const kernel = {
        tid: 1,
        name: '',
        state: 'S',
        cpuMs: 0,
        switches: 0,
        call: {name: 'x', kind, onDescriptor: false},
        target: null,
        wchan: null,
      } as const;
      expect(waitsIn(frames, kernel)).toMatch(
        /^(?:a database call: the server has not answered|socket\.recv: the database has not answered)$/,
      );
    }
  });

  it('of SQLite the kernel tells waiting for a lock from computing; where it tells nothing it may be either', () => {
    const frames = [own(7, 'connection.execute("INSERT INTO orders VALUES (1)")')];
    expect(of({frames, kernel: 'sleeping in clock_nanosleep'})?.rule).toBe('stack-sqlite-lock');
    expect(of({frames: [own(7, 'with self.connection:')], kernel: 'sleeping in nanosleep'})?.rule).toBe('stack-sqlite-lock');
    expect(of({frames, kernel: 'running'})?.rule).toBe('stack-query-computes');
    expect(of({frames})?.rule).toBe('stack-database');
    const django = {
      file: '/srv/venv/lib/python3.11/site-packages/django/db/backends/sqlite3/base.py',
      line: 328,
      func: 'execute',
      source: 'return super().execute(query, params)',
    };
    expect(of({frames: [django, own(7, 'order.save()')], kernel: 'sleeping in clock_nanosleep'})?.rule).toBe('stack-sqlite-lock');
    expect(of({frames: [django, own(7, 'order.save()')]})?.rule).toBe('stack-sqlite');
    // Somebody else's sleep further in.
    const nap = {file: '/srv/venv/lib/python3.11/site-packages/jobs.py', line: 3, func: 'run', source: 'time.sleep(5)'};
    expect(of({frames: [nap, own(7, 'job.execute()')], kernel: 'sleeping in clock_nanosleep'})?.rule).not.toBe('stack-sqlite-lock');
  });
});
