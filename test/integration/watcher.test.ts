import {mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {join, relative} from 'node:path';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {afterEach, expect, test} from 'vitest';
import {type SourceWatch, watchSources} from '../../src/instance/watcher.ts';
import {saveByRename} from '../support/save.ts';
import {tempDir} from '../support/temp.ts';
import {sleep, until} from '../support/wait.ts';

let watching: SourceWatch | null = null;
afterEach(async () => {
  await watching?.close();
  watching = null;
});

async function watch(root: string, since = Date.now(), include: string[] = [], exclude: string[] = []): Promise<string[][]> {
  const batches: string[][] = [];
  const onProblem = (text: string) => expect.unreachable(text);
  watching = await watchSources({root, include, exclude, since, onChange: (files) => batches.push(files), onProblem});
  return batches;
}

/** A tree that was there long before. */
function tree(files: string[]): string {
  const root = tempDir();
  const old = new Date(Date.now() - 3_600_000);
  for (const file of files) {
    mkdirSync(join(root, file, '..'), {recursive: true});
    writeFileSync(join(root, file), 'old\n');
    utimesSync(join(root, file), old, old);
  }
  return root;
}

test('a save, a new file in a new folder, a rename over it and a removal are changes; caches are not', async () => {
  const root = tree(['shop/views.py', 'templates/cart.html', 'node_modules/a/index.json']);
  const batches = await watch(root);
  const next = async (what: string, change: () => void) => {
    const before = batches.length;
    change();
    await until(what, () => batches.length > before);
    return batches.at(-1);
  };
  expect(await next('a save', () => writeFileSync(join(root, 'shop/views.py'), 'new\n'))).toEqual(['shop/views.py']);
  expect(
    await next('a file in a new folder', () => {
      mkdirSync(join(root, 'shop/deep/er'), {recursive: true});
      writeFileSync(join(root, 'shop/deep/er/new.py'), '');
    }),
  ).toEqual(['shop/deep/er/new.py']);
  expect(
    await next('a save by rename', () => {
      writeFileSync(join(root, 'templates/.cart.tmp'), 'new\n');
      renameSync(join(root, 'templates/.cart.tmp'), join(root, 'templates/cart.html'));
    }),
  ).toEqual(['templates/cart.html']);
  const before = batches.length;
  writeFileSync(join(root, 'node_modules/a/index.json'), 'new\n');
  mkdirSync(join(root, 'shop/__pycache__'));
  writeFileSync(join(root, 'shop/__pycache__/views.cpython-311.pyc'), '');
  expect(await next('a removal', () => rmSync(join(root, 'shop/views.py')))).toEqual(['shop/views.py']);
  expect(batches).toHaveLength(before + 1);
});

test('saving many files at once is one change', async () => {
  const root = tree(Array.from({length: 300}, (_, n) => `pkg/m${n}.py`));
  const batches = await watch(root);
  for (let n = 0; n < 300; n++) writeFileSync(join(root, `pkg/m${n}.py`), 'new\n');
  await until('all files', () => new Set(batches.flat()).size === 300);
  // One, unless the machine stalls in the middle of the writing for longer than a batch may wait.
  expect(batches.length).toBeLessThan(10);
});

test('what was saved after the code was loaded and before the watch began is a change', async () => {
  const root = tree(['a.py', 'b.py']);
  const loaded = Date.now() - 1000;
  writeFileSync(join(root, 'b.py'), 'saved meanwhile\n');
  const batches = await watch(root, loaded);
  await until('the early save', () => batches.length > 0);
  expect(batches.flat()).toEqual(['b.py']);
});

test('globs widen and narrow', async () => {
  const root = tree(['data/rates.csv', 'gen/out.py', 'a.py']);
  const batches = await watch(root, Date.now(), ['*.csv'], ['gen/**']);
  writeFileSync(join(root, 'gen/out.py'), 'new\n');
  writeFileSync(join(root, 'data/rates.csv'), 'new\n');
  await until('the table', () => batches.flat().includes('data/rates.csv'));
  writeFileSync(join(root, 'a.py'), 'new\n');
  await until('the module', () => batches.flat().includes('a.py'));
  expect(batches.flat()).not.toContain('gen/out.py');
});

test('the server root in the tree, where incidents and figures are written, is no part of it', async () => {
  const root = tree(['a.py', 'server/wsgideck/lock']);
  const batches: string[][] = [];
  const onProblem = (text: string) => expect.unreachable(text);
  const apart = join(root, 'server');
  watching = await watchSources({
    root,
    include: [],
    exclude: [],
    apart,
    since: Date.now(),
    onChange: (files) => batches.push(files),
    onProblem,
  });
  writeFileSync(join(apart, 'wsgideck/incident.json'), '{}');
  writeFileSync(join(root, 'a.py'), 'new\n');
  await until('the module', () => batches.flat().includes('a.py'));
  expect(batches.flat()).toEqual(['a.py']);
});

test('style sheets and the like are told apart from code', async () => {
  const root = tree(['a.py', 'static/site.css']);
  const batches: string[][] = [];
  const assets: string[][] = [];
  const onProblem = (text: string) => expect.unreachable(text);
  const told = {onChange: (files: string[]) => batches.push(files), onAssets: (files: string[]) => assets.push(files), onProblem};
  watching = await watchSources({root, include: [], exclude: [], since: Date.now(), ...told});
  writeFileSync(join(root, 'static/site.css'), 'new\n');
  writeFileSync(join(root, 'a.py'), 'new\n');
  await until('both', () => batches.length > 0 && assets.length > 0);
  expect([batches.flat(), assets.flat()]).toEqual([['a.py'], [join(root, 'static/site.css')]]);
});

test('further files are watched where they are, without being news by themselves; installed packages are not', async () => {
  const root = tree(['a.py']);
  const elsewhere = tree(['lib/shared.py', 'site-packages/installed.py']);
  const batches = await watch(root);
  const [shared, installed] = [join(elsewhere, 'lib/shared.py'), join(elsewhere, 'site-packages/installed.py')];
  watching?.also([shared, installed, join(root, 'a.py')]);
  await sleep(300);
  writeFileSync(installed, 'new\n');
  writeFileSync(shared, 'new\n');
  await until('the shared file', () => batches.length > 0);
  expect(batches.flat()).toEqual([relative(root, shared)]);
});

test('no save by rename gets lost while the folders are still being listed', async () => {
  const files = Array.from({length: 300}, (_, n) => `pkg${n % 3}/m${n}.py`);
  const root = tree(files);
  const batches: string[][] = [];
  const onProblem = (text: string) => expect.unreachable(text);
  let listed = false;
  const opening = watchSources({
    root,
    include: [],
    exclude: [],
    since: Date.now(),
    onChange: (names) => batches.push(names),
    onProblem,
  }).then((one) => {
    listed = true;
    return one;
  });
  const saved: string[] = [];
  while (!listed && saved.length < files.length) {
    await nextTurn();
    const file = files[saved.length]!;
    saveByRename(join(root, file), 'new\n');
    saved.push(file);
  }
  watching = await opening;
  expect(saved.length).toBeGreaterThan(5);
  const missing = () => saved.filter((file) => !batches.flat().includes(file));
  await until('all saves', () => missing().length === 0).catch(() => {});
  expect(missing()).toEqual([]);
});

test('a save whose event the kernel has dropped is noticed, and so are a file and a folder that are new', async () => {
  const root = tree(['a.py', 'b.py', 'far/views.py', 'far/gone.py']);
  const batches = await watch(root);
  // So many events at one time are more than the kernel keeps; what comes after them has none.
  const most = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));
  for (let n = 0; n <= most; n++) writeFileSync(join(root, n % 2 === 0 ? 'a.py' : 'b.py'), '');
  saveByRename(join(root, 'far/views.py'), 'new\n');
  writeFileSync(join(root, 'far/fresh.py'), '');
  rmSync(join(root, 'far/gone.py'));
  mkdirSync(join(root, 'far/deep'));
  writeFileSync(join(root, 'far/deep/new.py'), '');
  const all = ['a.py', 'b.py', 'far/views.py', 'far/fresh.py', 'far/gone.py', 'far/deep/new.py'];
  await until('all of them', () => new Set(batches.flat()).size === all.length).catch(() => {});
  expect(new Set(batches.flat())).toEqual(new Set(all));
  // The new folder is watched from now on.
  writeFileSync(join(root, 'far/deep/new.py'), 'again\n');
  const before = batches.length;
  await until('a save in the new folder', () => batches.slice(before).flat().includes('far/deep/new.py'));
});

test('one save by rename is one change', async () => {
  const root = tree(['a.py', 'z.py']);
  const batches = await watch(root);
  for (let n = 1; n <= 5; n++) {
    saveByRename(join(root, 'a.py'), `new ${n}\n`);
    await until('the save', () => batches.length === n);
  }
  // A change that is made good comes within a second and a half: the last save is seen after it would have been told twice.
  await sleep(1500);
  saveByRename(join(root, 'z.py'), 'new\n');
  await until('the last save', () => batches.flat().includes('z.py'));
  expect(batches.flat()).toEqual(['a.py', 'a.py', 'a.py', 'a.py', 'a.py', 'z.py']);
});

test('a root that is a symbolic link: saves in the folder, and a switch of the link to the next release', async () => {
  const place = tree(['releases/1/shop/views.py', 'releases/1/shop/old.py', 'releases/2/shop/views.py', 'releases/2/shop/more.py']);
  const root = join(place, 'current');
  symlinkSync('releases/1', root);
  const batches = await watch(root);
  saveByRename(join(root, 'shop/views.py'), 'new\n');
  await until('a save', () => batches.flat().includes('shop/views.py'));
  batches.length = 0;
  symlinkSync('releases/2', join(place, 'next'));
  renameSync(join(place, 'next'), root);
  const changes = ['shop/views.py', 'shop/more.py', 'shop/old.py'];
  await until('the switch', () => new Set(batches.flat()).size === changes.length).catch(() => {});
  expect(new Set(batches.flat())).toEqual(new Set(changes));
  batches.length = 0;
  saveByRename(join(place, 'releases/2/shop/more.py'), 'new\n');
  await until('a save in the next release', () => batches.flat().includes('shop/more.py'));
});

test('what is reached through a symbolic link in the root is watched where the link leads, and so is the link', async () => {
  const root = tree(['a.py', 'one/lib.py', 'two/lib.py']);
  const elsewhere = tree(['real.py', 'lib/shared.py', 'lib/other.py']);
  symlinkSync(join(elsewhere, 'real.py'), join(root, 'linked.py'));
  symlinkSync(join(elsewhere, 'lib'), join(root, 'lib'));
  symlinkSync('circle.py', join(root, 'circle.py'));
  symlinkSync('nowhere', join(root, 'lost.py'));
  const batches = await watch(root);
  watching?.also([join(root, 'lib/shared.py')]);
  writeFileSync(join(elsewhere, 'real.py'), 'new\n');
  await until('the file that the link leads to', () => batches.flat().includes('linked.py'));
  saveByRename(join(elsewhere, 'lib/shared.py'), 'new\n');
  await until('the file in the linked folder', () => batches.flat().includes('lib/shared.py'));
  // What nobody has imported from there is no part of it.
  expect(batches.flat()).not.toContain('lib/other.py');
  batches.length = 0;
  const next = tree(['shared.py']);
  symlinkSync(next, join(root, 'next'));
  renameSync(join(root, 'next'), join(root, 'lib'));
  await until('the switch of the linked folder', () => batches.flat().includes('lib/shared.py'));
});

test('a file under two names, one through a symbolic link: a save and a removal are one change each, a switch of the link is one', async () => {
  const root = tree(['releases/1/shop.py', 'releases/2/shop.py']);
  symlinkSync('releases/1', join(root, 'current'));
  const batches = await watch(root);
  watching?.also([join(root, 'current/shop.py')]);
  // The first save comes before, while or after the further name is looked at for the first time.
  for (const [index, name] of ['current', 'releases/1', 'current'].entries()) {
    saveByRename(join(root, name, 'shop.py'), `save ${index}\n`);
    await until(`save ${index}`, () => batches.length > index);
    // Longer than the second look takes.
    await sleep(700);
    expect(batches.map((one) => one.length)).toEqual(Array.from({length: index + 1}, () => 1));
  }
  batches.length = 0;
  symlinkSync('releases/2', join(root, 'next'));
  renameSync(join(root, 'next'), join(root, 'current'));
  await until('the switch', () => batches.length > 0);
  expect(batches.flat()).toEqual(['current/shop.py']);
  batches.length = 0;
  rmSync(join(root, 'releases/2/shop.py'));
  await until('the removal', () => batches.length > 0);
  await sleep(1500);
  expect(batches.flat()).toHaveLength(1);
});

test('a file that was saved between its import and the watch on it is a change', async () => {
  const root = tree(['a.py']);
  const elsewhere = tree(['old.py', 'young.py']);
  const batches = await watch(root);
  const loaded = Date.now() - 1000;
  writeFileSync(join(elsewhere, 'young.py'), 'saved meanwhile\n');
  watching?.also([join(elsewhere, 'old.py'), join(elsewhere, 'young.py')], loaded);
  await until('the early save', () => batches.length > 0);
  expect(batches.flat()).toEqual([relative(root, join(elsewhere, 'young.py'))]);
});
