import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync, statSync, writeSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {tempDir} from '../support/temp.ts';
import {sleep, until} from '../support/wait.ts';

/** As many bytes as 20 s of a busy server (2,500 lines a second of 180 bytes) come together while the follower is stopped. */
const LINES = 50_000;
const PADDING = 'x'.repeat(170);

test('a follower that was stopped (SIGSTOP) catches up without loss, and its writer never noticed', async () => {
  const path = join(tempDir(), 'error_log');
  const log = openSync(path, 'a');
  let number = 0;
  const write = (count: number): void => {
    const end = number + count;
    while (number < end) writeSync(log, `${number++} ${PADDING}\n`);
  };
  write(1000);
  const script = new URL('../fixtures/logs/following.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, path], {stdio: ['ignore', 'pipe', 'inherit']});
  try {
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    await until('the follower to start', () => output.includes('started'));
    write(1000);
    child.kill('SIGSTOP');
    for (let i = 0; i < 50; i++) {
      write(LINES / 50);
      await sleep(10);
    }
    expect(statSync(path).size).toBeGreaterThan(8_000_000);
    child.kill('SIGCONT');
    write(1000);
    writeSync(log, 'end\n');
    await until('the follower to have read all', () => output.includes('end '), 30_000);
    expect(output.trim().split('\n')).toEqual(['started', `end ${number} 0`]);
  } finally {
    closeSync(log);
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
  }
});
