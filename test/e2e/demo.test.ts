import {randomUUID} from 'node:crypto';
import {resolve} from 'node:path';
import {afterEach, expect, it} from 'vitest';
import {freePort} from '../support/ports.ts';
import {killAll, withEnvironment} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {KEY, Tty} from '../support/tty.ts';
import {until} from '../support/wait.ts';

const mark = randomUUID();
const family = () => withEnvironment('WSGIDECK_TEST_RUN', mark);
let tty: Tty;

afterEach(async () => {
  await killAll(family());
  tty.dispose();
});

it('npm run demo, after its set-up, opens the dashboard on a shop that has visitors, and leaves nothing behind', async () => {
  const port = await freePort();
  const script = resolve(import.meta.dirname, '../../tools/demo.mjs');
  const env = {WSGIDECK_TEST_RUN: mark, TMPDIR: tempDir()};
  tty = new Tty(process.execPath, [script, '--port', String(port)], {cols: 120, rows: 34, env});
  await tty.waitFor(/ready/, 30_000);
  await tty.waitFor(/\/catalogue/, 30_000);
  tty.press(KEY.ctrlC);
  expect(await tty.waitExit(30_000)).toMatchObject({exitCode: 0});
  expect(tty.alternate).toBe(false);
  await until('the last process to go', () => family().length === 0);
});
