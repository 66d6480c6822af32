import {existsSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const DEMO = resolve(import.meta.dirname, '../../demo');

describe.each(columns())('the phases of requests on mod_wsgi $name', (column) => {
  const reports = column.major >= 6;

  it('are told with percentiles, from whatever this version has', async () => {
    const deck = await startDeck({app: DEMO, column, mode: 'json'});
    // Older ones count from the agent's first question on.
    const told = () => deck.events().find((one) => one.type === 'phases' && one.phases.requests >= 4);
    let slowest = 0;
    await until(
      'phases',
      async () => {
        const began = performance.now();
        await deck.get('/slow?s=0.2');
        slowest = Math.max(slowest, performance.now() - began);
        return told() !== undefined;
      },
      30_000,
    );
    const {phases} = await deck.waitEvent('phases', (event) => event.phases.requests >= 4);
    expect(phases.source).toBe(reports ? 'telemetry' : 'request_metrics');
    const application = phases.figures.find((one) => one.phase === 'application')!;
    expect(application.p95).toBeGreaterThan(150);
    // Between the edges of two buckets it is a guess.
    expect(application.p95).toBeLessThan(Math.max(400, 2 * slowest));
    expect(phases.figures.map((one) => one.phase)).toEqual(expect.arrayContaining(['server', 'queue', 'daemon', 'application']));
    const socket = join(deck.serverRoot, 'wsgideck/times.sock');
    expect(existsSync(socket)).toBe(reports);
    await deck.stop();
    expect(existsSync(socket)).toBe(false);
  });

  it('are left alone when that is asked for', async () => {
    const deck = await startDeck({app: DEMO, column, mode: 'json', args: ['--disable-phase-times']});
    expect((await deck.get('/catalogue')).status).toBe(200);
    // Two readings of the processes later there would have been one of the phases.
    await deck.waitEvent('traffic', ({window}) => window.requests > 0);
    expect(existsSync(join(deck.serverRoot, 'wsgideck/times.sock'))).toBe(false);
    expect(deck.events().filter((one) => one.type === 'phases')).toEqual([]);
    await deck.stop();
  });
});
