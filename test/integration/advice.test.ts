import {join} from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {connectDeck} from '../../src/control/client.ts';
import {CapacityMeter} from '../../src/diagnose/index.ts';
import type {Deck} from '../../src/model/deck.ts';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {sleep, until} from '../support/wait.ts';

let deck: RunningDeck;
let control: Deck & {end(): void};

beforeAll(async () => {
  deck = await startDeck({
    app: 'restarts',
    column: columns()[1]!,
    mode: 'json',
    args: ['--processes', '1', '--threads', '2', '--request-timeout', '0'],
  });
  await deck.waitEvent('agent', (event) => event.state === 'connected');
  control = await until('the control socket', () => connectDeck(join(deck.serverRoot, 'wsgideck', 'control.sock'), {client: 'test'}));
});
afterAll(async () => {
  control?.end();
  await deck?.stop();
});

it('two threads under eight clients with slow requests are too few, and the number that is enough is named', async () => {
  let over = false;
  const client = async () => {
    while (!over) expect((await deck.get('/sleep?0.3', {timeout: 20_000})).status).toBe(200);
  };
  const clients = Array.from({length: 8}, client);
  // The same meter as the supervisor's, fed with the supervisor's state, with six seconds of patience instead of thirty.
  const meter = new CapacityMeter({fewSeconds: 6});
  const advice = await until(
    'advice',
    async () => {
      await sleep(950);
      meter.see(control.state(), Date.now());
      return meter.advice()[0];
    },
    30_000,
  );
  over = true;
  await Promise.all(clients);
  expect(advice).toMatchObject({rule: 'too-few-threads', severity: 'warn', evidence: expect.any(Array)});
  const [, threads] = /--threads (\d+)/.exec(advice.remedy)!;
  // Eight requests at once, at three quarters busy, are eleven threads; the rate is of one second's window.
  expect(Number(threads)).toBeGreaterThanOrEqual(7);
  expect(Number(threads)).toBeLessThanOrEqual(20);
});
