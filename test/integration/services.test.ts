import {spawnSync} from 'node:child_process';
import {join, resolve} from 'node:path';
import {expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';

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
test.runIf(process.getuid?.() === 0).each(columns())(
  'a service of another user that fails has no back-off, and its notice says why ($name)',
  async (column) => {
    const args = ['--service-script', 'broken', 'failing.py', '--service-user', 'broken', 'nobody'];
    const deck = await startDeck({app: FOLDER, column, mode: 'json', args});
    const loop = await deck.waitEvent('notice', (event) => event.key === 'loop service broken', 40_000);
    expect(loop.text).toMatch(/^service broken has ended 5 times in \d+ s: ValueError: the queue is not there/);
    expect(loop.remedy).toContain('without any back-off (ours takes reading the server root, which a --service-user may not;');
    // That is so: nobody else may read the runner.
    const nobody = {uid: 65534, gid: 65534, encoding: 'utf8', env: {LC_ALL: 'C'}} as const;
    const read = spawnSync('/bin/cat', [join(deck.serverRoot, 'wsgideck/service.py')], nobody);
    expect(read).toMatchObject({status: 1, stdout: '', stderr: expect.stringContaining('Permission denied')});
    await deck.stop();
  },
);

test('daemon processes that are killed again and again are a loop too', async () => {
  const deck = await startDeck({app: FOLDER, column: columns()[1]!, mode: 'json'});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const seen = new Set<number>();
  const next = () => deck.processes().find((one) => one.command.startsWith('(wsgi:127') && !seen.has(one.pid));
  for (let times = 0; times < 3; times++) {
    await expect.poll(() => next() !== undefined, {timeout: 10_000}).toBe(true);
    await deck.waitEvent('agent', (event) => event.state === 'connected' && event.pid === next()?.pid);
    const {pid} = next()!;
    seen.add(pid);
    process.kill(pid, 'SIGKILL');
  }
  const loop = await deck.waitEvent('notice', (event) => event.key === 'loop daemon');
  expect(loop.text).toMatch(/^daemon processes have ended 3 times in \d+ s/);
  await deck.stop();
});
