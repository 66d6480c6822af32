import {describe, expect, test} from 'vitest';
import {activityOf, chooseCulprit, type Suspect} from '../../src/sources/agent/culprit.ts';

const ROOT = '/srv/shop/';
const isOwn = (file: string) => file.startsWith(ROOT);
const isAgent = (file: string) => file === '/srv/deck/wsgideck/agent.py';

function suspect(ident: string, files: [string, number][], more: Partial<Suspect> = {}): Suspect {
  const frames = files.map(([file, line]) => ({file, line, func: 'f'}));
  return {
    thread: {ident, current: false, collecting: false, frames},
    activity: 'unknown',
    startedAt: 1000,
    unmoved: false,
    source: null,
    ...more,
  };
}

const choose = (...suspects: Suspect[]) => chooseCulprit(suspects, isOwn, isAgent)?.thread.ident;

describe('chooseCulprit', () => {
  test('takes who is on a processor before anything else', () => {
    const busy = suspect('busy', [['/usr/lib/x.py', 1]], {activity: 'running', startedAt: null, unmoved: true});
    expect(choose(suspect('new', [[`${ROOT}a.py`, 1]], {startedAt: 9000}), busy)).toBe('busy');
  });

  test('does not take who waits for the interpreter', () => {
    const holder = suspect('holder', [[`${ROOT}c.py`, 2]], {activity: 'asleep', startedAt: null, source: 'libc.sleep(8)'});
    expect(choose(suspect('waiter', [[`${ROOT}a.py`, 1]], {activity: 'waits-for-gil', startedAt: 9000}), holder)).toBe('holder');
  });

  test('does not take who was there while the interpreter was free', () => {
    expect(choose(suspect('old', [[`${ROOT}a.py`, 1]], {unmoved: true, startedAt: 9000}), suspect('fresh', [[`${ROOT}b.py`, 1]]))).toBe(
      'fresh',
    );
  });

  test('prefers a request to a thread that waits in the standard library', () => {
    const idle = suspect(
      'idle',
      [
        ['/usr/lib/python3.11/threading.py', 320],
        [`${ROOT}jobs.py`, 9],
      ],
      {startedAt: null},
    );
    expect(choose(idle, suspect('request', [[`${ROOT}a.py`, 1]]))).toBe('request');
  });

  test('takes the newest request when nothing else tells them apart', () => {
    expect(choose(suspect('a', [[`${ROOT}a.py`, 1]]), suspect('b', [[`${ROOT}a.py`, 1]], {startedAt: 2000}))).toBe('b');
  });

  test("never takes the agent's thread, or one without frames", () => {
    expect(choose(suspect('agent', [['/srv/deck/wsgideck/agent.py', 3]], {activity: 'running'}), suspect('none', []))).toBeUndefined();
  });

  test("names the application's innermost frame, else the innermost", () => {
    const deep = suspect('1', [
      ['/usr/lib/re.py', 5],
      [`${ROOT}a.py`, 7],
      [`${ROOT}b.py`, 8],
    ]);
    expect(chooseCulprit([deep], isOwn, isAgent)!.frame).toMatchObject({file: `${ROOT}a.py`, line: 7});
    const foreign = suspect('1', [
      ['/usr/lib/re.py', 5],
      ['/usr/lib/x.py', 6],
    ]);
    expect(chooseCulprit([foreign], isOwn, isAgent)!.frame).toMatchObject({file: '/usr/lib/re.py'});
  });
});

describe('activityOf', () => {
  const at = (cpuNs: number, switches: number) => ({cpuNs, switches, state: 'S'});

  test('tells who runs, who waits for the GIL, and who sleeps', () => {
    expect(activityOf(at(0, 5), at(90e6, 6), 100)).toBe('running');
    expect(activityOf(at(0, 5), at(0.2e6, 25), 100)).toBe('waits-for-gil');
    // The signal itself wakes one thread up.
    expect(activityOf(at(0, 5), at(0.05e6, 6), 100)).toBe('asleep');
    expect(activityOf(undefined, at(0, 0), 100)).toBe('unknown');
  });
});
