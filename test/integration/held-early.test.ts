import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from 'vitest';
import type {StackCapture} from '../../src/model/stacks.ts';
import {command} from '../support/command.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

test.each(columns())(
  'a process that is held since its first request: stacks, status and alarm say the same (mod_wsgi $name)',
  async (column) => {
    const deck = await startDeck({app: 'held', column, mode: 'json', probe: null});
    try {
      execFileSync('mkfifo', ['-m', '666', join(deck.appDir, 'release')]);
      // The agent connects a tenth of a second after the start: this request is there before.
      const answer = until('an answer', () => deck.get('/held', {timeout: 60_000}), 60_000);
      await deck.waitEvent('launched');
      const line =
        readFileSync(join(deck.appDir, 'app.wsgi'), 'utf8')
          .split('\n')
          .findIndex((text) => text.includes('O_RDONLY')) + 1;
      const found = await until('stacks of the process', async () => {
        const done = await command(['stacks', deck.serverRoot, '--json'], {env: column.env});
        return done.status === 0 && (JSON.parse(done.stdout) as StackCapture[]).find((one) => one.threads.some((thread) => thread.request));
      });
      expect(found).toMatchObject({method: 'faulthandler', processGroup: expect.any(String) as string});
      const holder = found.threads.find((one) => one.ident === found.culprit);
      expect(holder).toMatchObject({request: {url: '/held'}});
      expect(holder!.frames[0]).toMatchObject({line, func: 'application'});
      const status = await until('the status', async () => {
        const {stdout} = await command(['status', deck.serverRoot], {env: column.env});
        return stdout.includes('wedged') && stdout;
      });
      expect(status).toContain(`process ${found.pid} wedged`);
      expect(status).toContain(`holds the interpreter: app.wsgi:${line} in application`);
      const text = (await command(['stacks', deck.serverRoot], {env: column.env})).stdout;
      expect(text).toMatch(/1 thread, holds the interpreter: GET \/held/);
      writeFileSync(join(deck.appDir, 'release'), 'x');
      expect((await answer).status).toBe(200);
      // Never connected before: it is there now, and nothing is held any more.
      await deck.waitEvent('agent', (event) => event.pid === found.pid && event.state === 'connected');
      await until('the end of it', async () => {
        const {stdout} = await command(['status', deck.serverRoot], {env: column.env});
        return !stdout.includes('wedged') && stdout.includes('1 connected');
      });
    } finally {
      await deck.stop();
    }
  },
);
