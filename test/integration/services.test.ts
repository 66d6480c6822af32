import {execFileSync, spawnSync} from 'node:child_process';
import {chmodSync, chownSync} from 'node:fs';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';

const FOLDER = resolve(import.meta.dirname, '../fixtures/debug');

test.each(columns())('a service has its row and its lines; one that fails in a loop is said, with its reason ($name)', async (column) => {
  // From the copy that the daemons' user can reach.
  const args = ['--service-script', 'worker', 'steady.py', '--service-script', 'broken', 'failing.py'];
  const deck = await startDeck({app: FOLDER, column, mode: 'json', args});
  const {rows} = await deck.waitEvent('processes', (event) => event.rows.some((row) => row.role === 'service' && row.label === 'worker'));
  const service = rows.find((row) => row.label === 'worker')!;
  const {entry} = await deck.waitEvent('log', (event) => event.entry.text.includes('the service is at work'));
  expect(entry.pid).toBe(service.pid);

  const loop = await deck.waitEvent('notice', (event) => event.key === 'loop service broken', 40_000);
  expect(loop.text).toMatch(/^service broken has ended 3 times in a row, next try in 1 s: ValueError: the queue is not there/);
  expect(loop.remedy).toContain('a saved script is tried at once');
  expect(deck.events().some((event) => event.type === 'notice' && event.key === 'loop service worker')).toBe(false);
  expect((await deck.get('/')).status).toBe(200);
  await deck.stop();
});

// Only root can run a service as somebody else; CI is.
test.each(columns())('a service of another user that fails is held back as well ($name)', {tags: ['root']}, async (column) => {
  const args = ['--service-script', 'broken', 'failing.py', '--service-user', 'broken', 'nobody'];
  const deck = await startDeck({app: FOLDER, column, mode: 'json', args});
  const paused = await deck.waitEvent('log', (event) => event.entry.text.startsWith('wsgideck: service broken has ended 4 times'), 40_000);
  expect(paused.entry.text).toMatch(/ in a row within 10 s of its start; next try in 2 s$/);
  // What is not that user's stays closed to him.
  const nobody = {uid: 65534, gid: 65534, encoding: 'utf8', env: {LC_ALL: 'C'}} as const;
  const see = (...words: string[]) => spawnSync('/bin/sh', ['-c', words.join(' ')], {...nobody, cwd: '/'});
  const own = join(deck.serverRoot, 'wsgideck/service-broken');
  expect(see('ls', own)).toMatchObject({status: 0, stdout: 'run\nservice.py\nservices.json\n'});
  expect(see('echo >', join(own, 'service.py')).status).not.toBe(0);
  for (const path of ['', 'wsgideck', 'wsgideck/service.py', 'httpd.conf', 'error_log', 'wsgideck/run', 'handler.wsgi'])
    expect(see('ls -d', join(deck.serverRoot, path), '&& cat', join(deck.serverRoot, path)).status, path).not.toBe(0);
  await deck.stop();
});

// Only root, as above.
test('a service whose user cannot get to the server root runs all the same', {tags: ['root']}, async () => {
  const closed = tempDir();
  chownSync(closed, 0, Number(execFileSync('id', ['-g', 'www-data'], {encoding: 'utf8'})));
  chmodSync(closed, 0o750);
  const service = ['--service-script', 'broken', 'failing.py', '--service-user', 'broken', 'nobody'];
  const args = ['--server-root', join(closed, 'root'), ...service];
  const deck = await startDeck({app: FOLDER, column: columns()[0]!, mode: 'json', args});
  const loop = await deck.waitEvent('notice', (event) => event.key === 'loop service broken', 40_000);
  expect(loop.remedy).toContain('without any back-off');
  await deck.stop();
});

test('daemon processes that are killed again and again are a loop too', async () => {
  const deck = await startDeck({app: FOLDER, column: columns()[1]!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const seen = new Set<number>();
  const next = () => deck.processes().find((one) => one.command.startsWith('(wsgi:127') && !seen.has(one.pid));
  for (let times = 0; times < 3; times++) {
    await expect.poll(() => next() !== undefined, {timeout: 60_000}).toBe(true);
    await deck.waitEvent('agent', (event) => event.state === 'connected' && event.pid === next()?.pid);
    const {pid} = next()!;
    seen.add(pid);
    process.kill(pid, 'SIGKILL');
  }
  const loop = await deck.waitEvent('notice', (event) => event.key === 'loop daemon');
  expect(loop.text).toMatch(/^daemon processes have ended 3 times in \d+ s/);
  await deck.stop();
});
