import {resolve} from 'node:path';
import {test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const APP = resolve(import.meta.dirname, '../fixtures/restarts');

test.each(columns())('Processes says why each daemon took the place of another ($name)', async (column) => {
  const args = ['--maximum-requests', '6', '--threads', '2', '--shutdown-timeout', '1'];
  const deck = await startDeck({app: APP, column, mode: 'tty', args});
  const {tty} = deck;
  await tty.waitFor(/ready/);
  tty.press('5');
  // mod_wsgi 4.9.4 gives the agent no reason for this one.
  const first = (await deck.get('/')).body;
  await until('another process to answer', async () => (await deck.get('/')).body !== first);
  await tty.waitFor(/maximum-requests reached/);

  const second = (await deck.get('/')).body;
  await deck.get('/fault').catch(() => null);
  await until('another process to answer', async () => (await deck.get('/')).body !== second);
  await tty.waitFor(/Segmentation fault/);
  await deck.stop();
});
