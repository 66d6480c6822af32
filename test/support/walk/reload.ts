import {join} from 'node:path';
import {expect} from 'vitest';
import {connectDeck} from '../../../src/control/client.ts';
import type {EventOf} from '../../../src/model/events.ts';
import {startDeck} from '../deck.ts';
import type {Column} from '../mod-wsgi.ts';
import {ask, live, reloads, save, settled, versionFile} from '../slots.ts';
import {until} from '../wait.ts';
import {saveByRename} from '../save.ts';

/** The ways to reload. Each play returns the keys of the options that were seen to work. */
export const reloadPlays: Record<string, (column: Column) => Promise<string[]>> = {
  'reload by restart: the daemon processes go at once': async (column) => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: ['--reload-on-changes', '--reload-strategy', 'restart']});
    await deck.waitEvent('agent', ({state}) => state === 'connected');
    const before = await ask(deck);
    save(deck, 'v1');
    expect((await live(deck, 'v1')).group).toBe(before.group);
    expect(await until('the record', () => reloads(deck).find((one) => one.status === 'done'))).toMatchObject({strategy: 'restart'});
    await deck.stop();
    return ['reloadStrategy'];
  },

  'reload gracefully: requests are finished first': async (column) => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: ['--reload-on-changes', '--reload-strategy', 'graceful']});
    await deck.waitEvent('agent', ({state}) => state === 'connected');
    const long = ask(deck, '/?sleep=1.5');
    await deck.waitEvent('requests', ({requests}) => requests.length === 1);
    save(deck, 'v1');
    await deck.waitEvent('log', ({entry}) => /(?:Graceful restart|Process eviction) requested/.test(entry.text));
    expect((await long).version).toBe('v0');
    await live(deck, 'v1');
    await deck.stop();
    return ['reloadStrategy'];
  },

  'reload by swap, by hand, and given up when it takes too long': async (column) => {
    const deck = await startDeck({app: 'slots', column, mode: 'json', args: ['--reload-strategy', 'swap', '--reload-timeout', '1.5']});
    await settled(deck);
    const control = await connectDeck(join(deck.serverRoot, 'wsgideck/control.sock'), {client: 'test'});
    try {
      saveByRename(versionFile(deck), 'import time\ntime.sleep(600)\n');
      expect(await control.send({type: 'reload'})).toMatchObject({ok: true});
      const failed = ({reload}: EventOf<'reload'>) => reload.status === 'failed';
      expect((await deck.waitEvent('reload', failed)).reload.failure?.title).toBe('not loaded after 2 s');
      save(deck, 'v1');
      await settled(deck);
      expect((await ask(deck)).version).toBe('v0');
      await control.send({type: 'reload'});
      await live(deck, 'v1');
    } finally {
      control.end();
    }
    await deck.stop();
    return ['reloadStrategy', 'reloadTimeout'];
  },
};
