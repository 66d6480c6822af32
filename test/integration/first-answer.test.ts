/** What a server says of itself when its first answer is no page. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {tempDir} from '../support/temp.ts';

const SCRIPT = `import os
HERE = os.path.dirname(os.path.abspath(__file__))

def application(environ, start_response):
    with open(os.path.join(HERE, 'status')) as file:
        status = file.read()
    if status == 'raises':
        raise ValueError('no database')
    start_response(status, [('Content-Length', '0')])
    return []
`;

const app = (status: string): string => {
  const folder = tempDir();
  writeFileSync(join(folder, 'app.wsgi'), SCRIPT);
  writeFileSync(join(folder, 'status'), status);
  return folder;
};

describe.each(columns())('the first answer ($name)', (column) => {
  test('one that forbids is an answer: ready, and which', async () => {
    const deck = await startDeck({app: app('403 Forbidden'), column, mode: 'json'});
    const {detail} = await deck.waitEvent('phase', ({phase}) => phase === 'ready');
    expect(detail).toBe('/ answers 403');
    await deck.stop();
  });

  test('an error is told of with its cause from the log, until somebody gets a page', async () => {
    const deck = await startDeck({app: app('raises'), column, mode: 'json'});
    // On a machine that is busy the cause may come in a second line.
    const {detail} = await deck.waitEvent('phase', (event) => event.phase === 'degraded' && event.detail !== '/ answers 500');
    expect(detail).toBe('/ answers 500: ValueError: no database (app.wsgi:8)');
    expect((await deck.get('/')).status).toBe(500);
    writeFileSync(join(deck.appDir, 'status'), '200 OK');
    expect((await deck.get('/')).status).toBe(200);
    const ready = await deck.waitEvent('phase', ({phase}) => phase === 'ready');
    expect(ready.detail).toBe('');
    const phases = deck.events().flatMap((event) => (event.type === 'phase' ? event.phase : []));
    expect([...new Set(phases)]).toEqual(['starting', 'degraded', 'ready']);
    await deck.stop();
  });
});
