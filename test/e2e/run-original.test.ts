import {expect, test} from 'vitest';
import {startOriginal} from '../fixtures/run/original.ts';
import {KEY} from '../support/tty.ts';
import {sleep} from '../support/wait.ts';

test('the original in the dashboard: a stuck request seen, dumped and explained, through a storm of resizes', async () => {
  const deck = await startOriginal({
    mode: 'tty',
    args: ['--request-timeout', '4', '--threads', '2', '--shutdown-timeout', '2'],
  });
  const {tty} = deck;
  await tty.waitFor(/ready/);
  const apache = deck.processes().find((one) => one.command.includes('(mod_wsgi-express)') && one.command.includes('httpd.conf'))!;
  let storm = true;
  const failures: string[] = [];
  const client = async () => {
    while (storm) {
      const {status} = await deck.get('/health').catch((error: Error) => ({status: error.message}));
      if (status !== 200) failures.push(String(status));
    }
  };
  const clients = [client(), client()];
  for (let n = 0; n < 100; n++) {
    tty.resize(60 + ((n * 37) % 140), 15 + ((n * 13) % 45));
    await sleep(10);
  }
  storm = false;
  await Promise.all(clients);
  expect(failures).toEqual([]);
  tty.resize(120, 34);

  const hanging = deck.get('/hang', {timeout: 60_000}).then(
    (reply) => reply.status,
    () => 0,
  );
  tty.press('2');
  await tty.waitFor((screen) => screen.split('\n').some((row) => row.includes('/hang') && /\d+\.\d s/.test(row)));
  expect(await hanging).not.toBe(200);
  tty.press('3');
  await tty.waitFor(/request.timeout.*\/hang|\/hang.*request.timeout/i);
  tty.press(KEY.enter);
  await tty.waitFor(/gateway\.py:\d+/);
  tty.press(KEY.esc);
  tty.press('5');
  await tty.waitFor(/request.timeout/i);
  expect(deck.processes().some((one) => one.pid === apache.pid)).toBe(true);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
  expect(tty.alternate).toBe(false);
});
