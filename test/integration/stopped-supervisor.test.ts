import {spawn} from 'node:child_process';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import {continueOwner} from '../../src/express/server-root/stopped-owner.ts';
import {ready, startOriginal} from '../fixtures/run/original.ts';
import {command} from '../support/command.ts';
import {startDeck, type RunningDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {freePort} from '../support/ports.ts';
import {killAll, processInfo} from '../support/processes.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const ENDING = new URL('../fixtures/apps/ending', import.meta.url).pathname;
const [debian] = columns();

const isStopped = (pid: number) => processInfo(pid)?.state === 'T';

async function halt(deck: RunningDeck): Promise<string> {
  deck.signal('SIGSTOP');
  await until('the supervisor to be stopped', () => isStopped(deck.pid));
  return `the supervisor (pid ${deck.pid}) is stopped; kill -CONT ${deck.pid} continues it`;
}

test.each(columns())('a stopped supervisor: commands say how it continues, and stop continues it ($name)', async (column) => {
  const deck = await startDeck({app: ENDING, mode: 'json', column});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const said = await halt(deck);
  for (const words of [['status'], ['stacks'], ['reload'], ['restart']]) {
    const done = await command([...words, String(deck.port)]);
    expect(done.status).toBe(1);
    expect(done.stderr).toContain(said);
  }
  expect((await command(['ps'])).stderr).toContain(said);
  const user = process.getuid?.() === 0 ? ['--user', 'www-data', '--group', 'www-data'] : [];
  const place = ['--server-root', deck.serverRoot, '--host', '127.0.0.1', '--port', String(await freePort())];
  for (const form of ['--plain', '--detach']) {
    const second = await command(['start-server', join(deck.appDir, 'app.wsgi'), ...place, ...user, form], {env: column.env});
    expect(second).toEqual({
      status: 1,
      stdout: '',
      stderr: `wsgideck: error: server root in use: in ${deck.serverRoot} ${said}, or end it with: wsgideck stop ${deck.serverRoot}\n`,
    });
  }
  expect(isStopped(deck.pid)).toBe(true);
  const stopped = await command(['stop', String(deck.port)]);
  expect(stopped).toMatchObject({status: 0, stderr: `wsgideck: the supervisor (pid ${deck.pid}) was stopped; it runs again\n`});
  expect(stopped.stdout).toContain('stopped after');
  await deck.waitExit();
  await deck.waitGone();
});

test('run: the same', async () => {
  const deck = await startOriginal();
  await ready(deck);
  const said = await halt(deck);
  expect((await command(['status', String(deck.port)])).stderr).toContain(said);
  expect((await command(['stop', String(deck.port)])).status).toBe(0);
  await deck.waitExit();
  await deck.waitGone();
});

test('many stopped supervisors hold up no look at the others', async () => {
  const halted = await Promise.all(Array.from({length: 3}, () => startDeck({app: ENDING, mode: 'json', column: debian!})));
  const deck = await startDeck({app: ENDING, mode: 'json', column: debian!});
  await deck.waitEvent('phase', (event) => event.phase === 'ready');
  const took = async () => {
    const times = [];
    for (let round = 0; round < 3; round++) {
      const from = performance.now();
      expect((await command(['status', String(deck.port)])).status).toBe(0);
      times.push(performance.now() - from);
    }
    return Math.min(...times);
  };
  const before = await took();
  for (const one of halted) await halt(one);
  // An answer is waited for 1.5 s.
  expect(await took()).toBeLessThan(before + 1000);
  for (const one of halted) one.signal('SIGCONT');
  for (const one of [deck, ...halted]) await one.stop();
});

test('a number in a lock that nobody holds, or with another start time, gets no signal', async () => {
  const other = spawn('sleep', ['600']);
  const pid = other.pid!;
  try {
    process.kill(pid, 'SIGSTOP');
    await until('it to be stopped', () => isStopped(pid));
    const folder = tempDir();
    mkdirSync(join(folder, 'wsgideck'));
    const lock = join(folder, 'wsgideck/lock');
    const start = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')[19]!;
    for (const text of [`${pid} ${start} flock\n`, `${pid} ${Number(start) - 1}\n`, `${pid}\n`]) {
      writeFileSync(lock, text, {mode: 0o600});
      expect(continueOwner(lock)).toBeNull();
      expect(isStopped(pid)).toBe(true);
    }
  } finally {
    await killAll([processInfo(pid)!]);
  }
});
