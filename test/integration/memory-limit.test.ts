import {resolve} from 'node:path';
import {describe, expect, it} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {until} from '../support/wait.ts';

const APP = resolve(import.meta.dirname, '../fixtures/memory');

describe.each(columns())('a process at its memory limit on mod_wsgi $name', (column) => {
  it.each([
    ['loaded at the start', []],
    ['loaded by swap', ['--reload-on-changes']],
  ])('names the line at which the memory ran out, in the log, too, and keeps it as an incident: %s', async (_, more) => {
    const args = ['--memory-limit', String(200 * 2 ** 20), '--threads', '2', ...more];
    const deck = await startDeck({app: APP, column, mode: 'json', args});
    await deck.waitEvent('agent', (event) => event.state === 'connected');
    expect((await deck.get('/')).status).toBe(200);
    // No byte is left afterwards, so the process may answer nothing more, and may be replaced. Now and then Python itself
    // crashes where it finds no memory, before it can raise: then the next process is asked.
    const crashes = () => deck.events().filter((event) => event.type === 'restart' && event.cause === 'crash').length;
    const raised = () => deck.events().some((event) => event.type === 'exception' && event.title.startsWith('MemoryError'));
    for (let asked = 1; asked <= 4 && !raised(); asked++) {
      await deck.get('/fill', {timeout: 30_000}).catch(() => null);
      await until('the exception, or a crash', () => raised() || crashes() >= asked);
    }
    const exception = await deck.waitEvent('exception', (event) => event.title.startsWith('MemoryError'));
    expect(exception).toMatchObject({file: `${deck.appDir}/app.wsgi`, line: 17, request: 'GET /fill'});
    await deck.waitEvent('log', (event) => event.entry.text.startsWith('MemoryError'));
    const {incident} = await deck.waitEvent(
      'incident',
      (event) => event.incident.kind === 'memory-limit' && event.incident.where !== undefined,
    );
    expect(incident.where).toMatchObject({file: `${deck.appDir}/app.wsgi`, line: 17});
    await deck.stop();
  });
});
