import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {expect, test} from 'vitest';

test("the Python side's own tests pass", {timeout: 120_000}, () => {
  const done = spawnSync('/usr/bin/python3', ['-B', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'], {
    cwd: join(import.meta.dirname, '../../native-shim/python'),
    encoding: 'utf8',
  });
  const ran = Number(/^Ran (\d+) tests/m.exec(done.stderr)?.[1] ?? 0);
  expect(done.status, `${done.stdout}${done.stderr}`).toBe(0);
  expect(ran, 'number of tests that ran').toBeGreaterThan(20);
});
