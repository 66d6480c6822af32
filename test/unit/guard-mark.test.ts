import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, chownSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {MARK, markOf, parseMark} from '../../src/instance/guard-mark.ts';
import {findLeftBehind} from '../../src/instance/left-behind.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const mark = (statusFile: string) => markOf({supervisorPid: 99_999_999, serial: 1, uids: [0, 33], statusFile});

test('a mark in the environment of a stranger names no file but a guard.status', () => {
  for (const path of ['/etc/shadow', '/dev/watchdog', '/dev/tty', '/var/lib/guard.status/other', 'guard.status', '/x\n/guard.status']) {
    expect(parseMark(mark(path)), path).toBeNull();
  }
  expect(parseMark(mark('/srv/a b/wsgideck/guard.status'))).toMatchObject({uids: [0, 33], statusFile: '/srv/a b/wsgideck/guard.status'});
});

/** The status file of a run whose guard is gone, and a living process of ours that carries the mark of that run. */
async function run(owner: number): Promise<{statusFile: string; pid: number; end: () => void}> {
  const statusFile = join(tempDir(), 'guard.status');
  const value = mark(statusFile);
  writeFileSync(statusFile, `guard 99999998\nmark 1 ${value}\nstarted 99999997 2\n`, {mode: 0o600});
  chmodSync(statusFile, 0o600);
  chownSync(statusFile, owner, owner);
  const child = spawn('sleep', ['60'], {env: {...process.env, [MARK]: value}, stdio: 'ignore'});
  await until('the process carries the mark', () => readFileSync(`/proc/${child.pid}/environ`, 'latin1').includes(value));
  const end = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {statusFile, pid: child.pid!, end: () => void end()};
}

test('what is left of a run is found by its mark', async () => {
  const {statusFile, pid, end} = await run(process.getuid!());
  try {
    expect(findLeftBehind(statusFile)?.pids).toEqual([pid]);
  } finally {
    end();
  }
});

test('a status file that another user wrote names no process of root', {tags: ['root']}, async () => {
  const {statusFile, end} = await run(65_534);
  try {
    expect(findLeftBehind(statusFile)).toBeNull();
  } finally {
    end();
  }
});
