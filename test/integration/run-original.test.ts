import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck, type DeckOptions, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const DEMO = new URL('../../demo', import.meta.url).pathname;
const newest = columns()[1]!;
const express = join(newest.pythonHome!, 'bin/mod_wsgi-express');

const start = (options: Partial<DeckOptions> = {}): Promise<RunningDeck> =>
  startDeck({app: DEMO, column: newest, mode: 'json', command: ['run', '--json', '--', express, 'start-server', 'app.wsgi'], ...options});

async function ready(deck: RunningDeck): Promise<number> {
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const {apachePid} = await deck.waitEvent('launched', (event) => event.apachePid !== null);
  await deck.waitEvent('agent', (event) => event.state === 'connected');
  return apachePid!;
}

/** Our private folder of a run, which its Apache has the configuration of. */
function folderOf(deck: RunningDeck): string {
  const conf = readFileSync(join(deck.serverRoot, 'httpd.conf'), 'utf8');
  return /Include '(.*)\/include\.conf'/.exec(conf)![1]!;
}

test('the original is seen as it is: what it set up, its requests, its processes, its logs; the end leaves nothing of ours', async () => {
  const deck = await start({args: ['--threads', '3', '--processes', '2', '--request-timeout', '30']});
  await ready(deck);
  const {info} = await deck.waitEvent('instance');
  expect(info).toMatchObject({
    url: `http://127.0.0.1:${deck.port}/`,
    serverRoot: deck.serverRoot,
    processGroup: `127.0.0.1:${deck.port}`,
    modWsgi: newest.version,
    mpm: 'event',
    processes: 2,
    threads: 3,
    requestTimeout: 30,
    errorLog: join(deck.serverRoot, 'error_log'),
  });
  expect(info.apache).toMatch(/^2\.4\./);
  const slow = deck.get('/slow?s=3', {timeout: 20_000});
  const seen = await deck.waitEvent('requests', (event) =>
    event.requests.some((one) => one.url.startsWith('/slow') && one.at !== undefined),
  );
  expect(seen.requests[0]!.at).toMatch(/\.py:\d+ in /);
  expect((await slow).status).toBe(200);
  await deck.waitEvent('log', (event) => event.entry.access?.url === '/slow?s=3');
  const {rows} = await deck.waitEvent('processes', (event) => event.rows.filter((row) => row.role === 'daemon').length === 2);
  expect(rows.map((row) => row.role)).toEqual(expect.arrayContaining(['supervisor', 'guard', 'apache', 'daemon', 'child']));
  expect(rows.some((row) => row.role === 'other')).toBe(false);
  const folder = folderOf(deck);
  expect(existsSync(folder)).toBe(true);
  expect(await deck.stop()).toEqual({code: 0, signal: null});
  expect(existsSync(folder)).toBe(false);
  expect(readdirSync(deck.serverRoot)).not.toContain('wsgideck');
});
