import {describe, expect, it} from 'vitest';
import {diagnoseStack} from '../../src/diagnose/index.ts';
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
