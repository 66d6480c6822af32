import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from 'vitest';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {ask, live, reloads, save, settled, slots, versionFile} from '../support/slots.ts';
import {sleep, until} from '../support/wait.ts';
import {saveByRename} from '../support/save.ts';

describe.each(columns().map((column) => [column.name, column] as const))('reload by swap with mod_wsgi %s', (_, column) => {
  let deck: RunningDeck;
  beforeAll(async () => {
    const args = ['--reload-on-changes', '--processes', '2', '--reload-timeout', '4', '--graceful-timeout', '12'];
    deck = await startDeck({app: 'slots', column, mode: 'json', args});
    await settled(deck);
  });
  afterAll(() => deck?.stop());

  test('a long request ends with the old code while new ones get the new; every process has it, loaded as at the first start', async () => {
    const first = await ask(deck);
    const long = ask(deck, '/?sleep=3');
    await until('the long request', () => slots(deck).some((one) => one.inFlight === 1));
    save(deck, 'v1');
    const second = await live(deck, 'v1', 2500);
    expect(second.group).not.toBe(first.group);
    expect(first.mainThread && second.mainThread).toBe(true);
    const pids = new Set<number>();
    await until('both processes', async () => {
      const answers = await Promise.all(Array.from({length: 8}, () => ask(deck, '/?sleep=0.05')));
      expect(new Set(answers.map((one) => one.version))).toEqual(new Set(['v1']));
      for (const one of answers) pids.add(one.pid);
      return pids.size === 2;
    });
    expect(await long).toMatchObject({version: 'v0', group: first.group});
    await settled(deck);
    const record = reloads(deck).at(-1)!;
    expect(record).toMatchObject({status: 'done', strategy: 'swap', by: 'change', names: ['shop/__init__.py'], finishedByOld: 1, cut: 0});
    expect(record.seenAt).toBeLessThanOrEqual(record.loadedAt!);
    expect(record.loadedAt).toBeLessThanOrEqual(record.switchedAt!);
    expect(record.drainedAt! - record.switchedAt!).toBeGreaterThan(500);
  });

  test.each([
    ['a syntax error', 'VERSION = (\n', /SyntaxError/, 1],
    ['an import error', '\nimport no_such_module\n', /ModuleNotFoundError/, 2],
    ['an exception', '\n\n1 / 0\n', /ZeroDivisionError/, 3],
    ['a process that ends', 'import os\nos._exit(3)\n', /process ended/, null],
    ['an import that hangs', 'import time\ntime.sleep(600)\n', /not loaded after 4 s/, 2],
  ])('%s: visitors notice nothing, the record names the place, the next good save is live', async (name, text, title, line) => {
    const {version} = await ask(deck);
    const before = reloads(deck).length;
    saveByRename(versionFile(deck), text);
    const failed = await until('the failed reload', () => reloads(deck)[before]?.status === 'failed' && reloads(deck)[before]);
    expect(failed.failure?.title).toMatch(title);
    const place = failed.failure?.place;
    expect(place ? [place.file, place.line] : null).toEqual(line === null ? null : [versionFile(deck), line]);
    expect((await ask(deck)).version).toBe(version);
    const next = name.replaceAll(' ', '-');
    save(deck, next);
    await live(deck, next);
    await settled(deck);
  });

  test('what no module has imported reloads nothing; what comes up beside imported ones does', async () => {
    const before = reloads(deck).length;
    writeFileSync(join(deck.appDir, 'test_shop.py'), 'raise SystemExit\n');
    writeFileSync(join(deck.appDir, 'README.md'), '# Shop\n');
    // Not a wait for nothing: the last change is seen only after the others.
    await sleep(300);
    writeFileSync(join(deck.appDir, 'shop/late.py'), '');
    const record = await until('the one reload', () => reloads(deck)[before]);
    expect(record.names).toEqual(['shop/late.py']);
    await settled(deck);
    expect(reloads(deck)).toHaveLength(before + 1);
  });

  test('500 files at once are one reload', async () => {
    const before = reloads(deck).length;
    const began = performance.now();
    for (let n = 0; n < 500; n++) writeFileSync(join(deck.appDir, `shop/m${n}.py`), `N = ${n}\n`);
    const took = performance.now() - began;
    const fresh = () => reloads(deck).slice(before);
    // A file that is seen while it is empty, at the end of a batch, is in the next batch as well.
    await until(
      'all of them',
      () => fresh().every((one) => one.status === 'done') && fresh().reduce((sum, one) => sum + one.files, 0) >= 500,
    );
    await settled(deck);
    // One, unless the writer or the server was held up for longer than a pause between two saves (100 ms).
    expect(fresh().length).toBeLessThanOrEqual(3 + Math.floor(took / 100));
  });

  test('visitors lose no request over saves in quick succession, and end up with the last one', async () => {
    let stop = false;
    let answered = 0;
    const visitor = async () => {
      while (!stop) {
        await ask(deck);
        answered++;
      }
    };
    const visitors = Promise.all(Array.from({length: 4}, visitor));
    for (let n = 1; n <= 40; n++) {
      save(deck, `quick-${n}`);
      await sleep(100);
    }
    await live(deck, 'quick-40');
    await settled(deck);
    stop = true;
    await visitors;
    expect(answered).toBeGreaterThan(100);
    // The old processes have gone, the new ones are all there is.
    await until('two processes in each slot', () => slots(deck).every((one) => one.pids.length === 2));
  });

  test('no alarm was given for any process that was replaced', () => {
    const loops = deck.events().filter((event) => event.type === 'notice' && event.key.startsWith('loop'));
    expect(loops).toEqual([]);
    const phases = deck.events().flatMap((event) => (event.type === 'phase' ? [event.phase] : []));
    expect(new Set(phases)).toEqual(new Set(['starting', 'ready']));
  });
});
