/** A stop at any moment of a start, and during a reload, leaves nothing and needs no SIGKILL. */
import {appendFileSync, existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

const [debian] = columns();
/** A stop before Apache handles signals ends it by the signal. */
const CLEAN = [
  {code: 0, signal: null},
  {code: null, signal: 'SIGTERM'},
  {code: null, signal: 'SIGINT'},
];

async function expectCleanEnd(deck: RunningDeck): Promise<void> {
  expect(CLEAN).toContainEqual(await deck.waitExit());
  await deck.waitGone();
  const read = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  const written = ['wsgideck/guard.status', 'error_log'].map((file) => read(join(deck.serverRoot, file)));
  expect(written.join('')).not.toMatch(/killed|SIGKILL|exit signal Killed/);
}

test('a signal 0 to 350 ms after the start', async () => {
  const options = [[], ['--reload-on-changes'], ['--server-mpm', 'prefork'], ['--processes', '3']];
  for (let n = 0; n < 16; n++) {
    const column = columns()[n % 2]!;
    const deck = await startDeck({app: 'incidents', column, mode: 'json', probe: null, args: options[n % 4]!});
    await sleep((n * 350) / 15);
    deck.signal(n % 3 === 0 ? 'SIGINT' : 'SIGTERM');
    await expectCleanEnd(deck);
  }
});

test.each(['SIGHUP', 'SIGUSR1', 'save'] as const)('a stop during a reload with a request in flight (%s)', async (reload) => {
  for (const ms of [0, 200]) {
    const args = ['--shutdown-timeout', '2', ...(reload === 'save' ? ['--reload-on-changes'] : [])];
    const deck = await startDeck({app: 'incidents', column: debian!, mode: 'json', args});
    await deck.waitEvent('phase', (event) => event.phase === 'ready');
    const cut = deck.get('/sleep?60', {timeout: 70_000}).catch(() => null);
    await deck.waitEvent('requests', (event) => event.requests.length > 0);
    if (reload === 'save') appendFileSync(join(deck.appDir, 'app.wsgi'), '\n');
    else deck.signal(reload);
    await deck.waitEvent('phase', (event) => event.phase === 'reloading' || reload === 'save');
    await sleep(ms);
    deck.signal('SIGTERM');
    await expectCleanEnd(deck);
    await cut;
  }
});
