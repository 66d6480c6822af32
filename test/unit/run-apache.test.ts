import {join} from 'node:path';
import {beforeAll, expect, test} from 'vitest';
import {runApache} from '../../src/instance/run-apache.ts';
import {buildGuard} from '../fixtures/guard/guarded.ts';
import {tempDir} from '../support/temp.ts';

let guardPath: string;

beforeAll(() => {
  guardPath = buildGuard();
});

/** Runs a shell line under a guard as Apache; `$PID_FILE` is its pid file. */
function run(line: string) {
  const folder = tempDir();
  const path = join(folder, 'httpd.pid');
  return runApache(
    {
      argv: ['/bin/sh', '-c', line],
      env: {...process.env, PID_FILE: path},
      cwd: folder,
      graceSeconds: 5,
      statusFile: join(folder, 'status'),
      pidFile: {path, conf: join(folder, 'httpd.conf'), httpd: '/bin/sh', elsewhere: false},
      cols: 80,
      rows: 24,
      guardPath,
    },
    () => {},
  ).ended;
}

const FATAL = /one of its processes could not serve/;
const STOPPED = /Apache stopped, though not through wsgideck/;

test.each([
  ['removed its pid file: it was told to stop', 'echo $$ >"$PID_FILE"; rm "$PID_FILE"', true, STOPPED],
  ['left its pid file: a child had a fatal error', 'echo $$ >"$PID_FILE"', false, FATAL],
  ['left the pid file of another', 'echo 1 >"$PID_FILE"', true, STOPPED],
])('an Apache that ends with status 0 and has %s', async (_, line, clean, text) => {
  expect(await run(line)).toMatchObject({exit: {code: 0, signal: null}, clean, text: expect.stringMatching(text)});
});
