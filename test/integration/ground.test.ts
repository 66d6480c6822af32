import {execFileSync} from 'node:child_process';
import {renameSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterEach, expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';

const ENDING = new URL('../fixtures/apps/ending', import.meta.url).pathname;
const [debian] = columns();
const mounts: string[] = [];

afterEach(() => {
  for (const path of mounts.splice(0)) execFileSync('umount', ['--lazy', path]);
});

test.each(columns())('a daemon that ends a moment after its start is told of, without claiming a crash ($name)', async (column) => {
  const deck = await startDeck({app: ENDING, column, mode: 'json'});
  await deck.get('/end/7').catch(() => null);
  const {text} = await deck.waitEvent('restart', (event) => /7/.test(event.text));
  expect(text).toMatch(/exit status 7/);
  await deck.stop();
});

test('a server root that is deleted is told of, and told again when it is back', async () => {
  const deck = await startDeck({app: ENDING, column: debian!, mode: 'json'});
  const conf = join(deck.serverRoot, 'httpd.conf');
  renameSync(conf, `${conf}.away`);
  await deck.waitEvent('notice', (event) => event.key === 'root' && !event.cleared);
  renameSync(`${conf}.away`, conf);
  await deck.waitEvent('notice', (event) => event.key === 'root' && event.cleared === true);
  await deck.stop();
});

// Mounting takes root; CI has it.
test('a full disk is told of, and new daemons serve on it', {tags: ['root']}, async () => {
  const disk = tempDir();
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,mode=0755', 'tmpfs', disk]);
  mounts.push(disk);
  const deck = await startDeck({app: ENDING, column: debian!, mode: 'json', args: ['--server-root', join(disk, 'root')]});
  const filler = join(disk, 'filler');
  const fill = () => {
    for (;;) writeFileSync(filler, Buffer.alloc(64 * 1024), {flag: 'a'});
  };
  expect(fill).toThrow('ENOSPC');
  await deck.waitEvent('notice', (event) => event.key === 'disk' && !event.cleared);
  await deck.get('/end/0').catch(() => null);
  await expect.poll(async () => (await deck.get('/').catch(() => null))?.status, {timeout: 60_000}).toBe(200);
  rmSync(filler);
  await deck.waitEvent('notice', (event) => event.key === 'disk' && event.cleared === true);
  await deck.stop();
});
