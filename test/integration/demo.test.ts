import {resolve} from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const DEMO = resolve(import.meta.dirname, '../../demo');

describe.each(columns())('the demo shop on mod_wsgi $name', (column) => {
  let deck: RunningDeck;

  beforeAll(async () => {
    deck = await startDeck({app: DEMO, column, args: ['--threads', '3']});
  });

  afterAll(() => deck.stop());

  it('links only to pages that exist, and to every trouble there is', async () => {
    const page = await deck.get('/');
    const links = Array.from(page.body.matchAll(/href="\/([a-z]+)/g), ([, name]) => name);
    const troubles = [
      'slow',
      'hang',
      'gil',
      'spin',
      'deadlock',
      'locked',
      'regex',
      'recursion',
      'header',
      'descriptors',
      'error',
      'leak',
      'flood',
      'hostile',
      'crash',
      'big',
      'stream',
      'catalogue',
    ];
    expect(links).toEqual(troubles);
    expect((await deck.get('/no-such-page')).status).toBe(404);
  });

  it.each([
    ['/health', 'ok'],
    ['/slow?s=0.2', 'charged after 0.2 s'],
    ['/gil?s=0.2', 'checked for 0.2 s'],
    ['/spin?s=0.2', 'computed for 0.2 s'],
    ['/locked?s=0.2', 'order written'],
    ['/regex?n=10', 'no words'],
    ['/header?kb=1', '1 KiB of cookie'],
    ['/descriptors?n=20', '20 files open'],
    ['/leak?mb=2', 'MiB remembered'],
    ['/flood?n=20', '20 lines written'],
    ['/hostile', '7 lines written'],
    ['/stream?n=2', 'step 2 of 2'],
    ['/catalogue?page=3', '3.1 teapot'],
    ['/slow?s=nan', 'charged after 0 s'],
  ])('%s answers', async (path, text) => {
    const reply = await deck.get(path);
    expect(reply).toMatchObject({status: 200});
    expect(reply.body).toContain(text);
  });

  it('/big is as big as it says', async () => {
    expect((await deck.get('/big?mb=3')).body).toHaveLength(3 * 2 ** 20);
  });

  it.each(['/error', '/recursion', '/header', '/descriptors'])('%s is an error', async (path) => {
    expect((await deck.get(path)).status).toBeGreaterThanOrEqual(500);
  });

  it('/crash takes the process with it, and a new one answers', async () => {
    const before = await servedBy();
    expect((await deck.get('/crash')).status).toBeGreaterThanOrEqual(500);
    await until('another process', async () => (await servedBy()) !== before);
  });

  async function servedBy(): Promise<string | undefined> {
    return /served by process (\d+)/.exec((await deck.get('/')).body)?.[1];
  }
});
