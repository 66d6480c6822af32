import {describe, expect, test} from 'vitest';
import {classifyExit} from '../../src/instance/guard-exit.ts';
import {parseGuardStatus} from '../../src/instance/guard-status.ts';

const STARTED = 'guard 10\nstarted 11 5\n';
const code = (number: number) => ({code: number, signal: null});
const signal = (name: string) => ({code: null, signal: name});

describe.each([
  ['asked', code(0), 'asked TERM\nexited 0\n', true, 'Apache stopped, as asked'],
  ['asked gracefully', code(0), 'asked graceful-stop\nexited 0\n', true, 'Apache stopped, as asked'],
  ['by somebody else', code(0), 'exited 0\n', true, 'Apache stopped, though not through wsgideck: something else told it to'],
  [
    'a restart is no stop',
    code(0),
    'asked HUP\nexited 0\n',
    true,
    'Apache stopped, though not through wsgideck: something else told it to',
  ],
  ['hang-up', code(0), 'hangup\nexited 0\n', true, 'Apache stopped after its terminal had hung up'],
  ['supervisor gone', code(0), 'hangup\nparent-died\nexited 0\n', true, 'Apache stopped after the supervisor had died'],
  ['early', signal('SIGTERM'), 'asked TERM\nsignalled 15\n', true, 'Apache stopped before it was ready, as asked'],
  [
    'too slow',
    signal('SIGKILL'),
    'asked TERM\nkilled-after-grace\nsignalled 9\n',
    false,
    'Apache was killed: it did not stop within its grace time',
  ],
  ['refused to start', code(1), 'exited 1\n', false, 'Apache ended with status 1; its own output says why'],
  ['crash', signal('SIGSEGV'), 'signalled 11\n', false, "Apache's parent process crashed (SIGSEGV)"],
  ['ended unasked', signal('SIGTERM'), 'signalled 15\n', false, "Apache's parent process was ended by SIGTERM"],
  [
    'killed',
    signal('SIGKILL'),
    'orphans 2\nsignalled 9\n',
    false,
    "Apache's parent process was killed from outside (SIGKILL: kill -9, or the kernel was out of memory)",
  ],
  ['unkillable', signal('SIGKILL'), 'left-behind 12\nleft-behind 13\nsignalled 9\n', false, 'left behind are processes 12, 13'],
  ['guard killed', signal('SIGKILL'), '', false, 'The guard itself was ended by SIGKILL; Apache was stopped with it'],
  ['guard without an end', code(125), '', false, 'The guard ended with status 125 without saying how Apache ended'],
])('%s', (_name, exit, story, clean, text) => {
  test('is said in plain words', () => {
    const meaning = classifyExit(exit, parseGuardStatus(STARTED + story));
    expect(meaning.clean).toBe(clean);
    expect(meaning.text).toContain(text);
  });
});

test('a program that cannot be run', () => {
  const meaning = classifyExit(code(127), parseGuardStatus('guard 10\ncannot-run No such file or directory\n'));
  expect(meaning).toEqual({clean: false, text: 'Apache could not be started: No such file or directory'});
});

test('a guard that never began', () => {
  expect(classifyExit(code(125), parseGuardStatus('')).text).toBe('The guard could not start Apache (status 125); its own output says why');
});
