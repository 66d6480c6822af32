import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import {join} from 'node:path';
import {afterEach, describe, expect, test, vi} from 'vitest';
import {cacheFolder} from '../../src/cli/cache-folder.ts';
import {loadCommands} from '../../src/cli/compiled-commands.ts';
import type {KeptCode} from '../../src/cli/kept-code.ts';
import {tempDir} from '../support/temp.ts';

afterEach(() => vi.unstubAllEnvs());

describe('the folder for compiled code', () => {
  test('is made in $XDG_CACHE_HOME, for us alone', () => {
    const place = join(tempDir(), 'cache');
    vi.stubEnv('XDG_CACHE_HOME', place);
    expect(cacheFolder()).toBe(join(place, 'wsgideck'));
    expect(statSync(join(place, 'wsgideck')).mode & 0o777).toBe(0o700);
    expect(cacheFolder()).toBe(join(place, 'wsgideck'));
  });

  test('is in the home without that variable, and where it names no absolute path', () => {
    const home = tempDir();
    vi.stubEnv('HOME', home);
    for (const given of ['', 'here']) {
      vi.stubEnv('XDG_CACHE_HOME', given);
      expect(cacheFolder()).toBe(join(home, '.cache/wsgideck'));
    }
  });

  test('is none where others could have put something', () => {
    const place = tempDir();
    vi.stubEnv('XDG_CACHE_HOME', place);
    mkdirSync(join(place, 'wsgideck'));
    chmodSync(join(place, 'wsgideck'), 0o777);
    expect(cacheFolder()).toBeNull();
    const other = tempDir();
    symlinkSync(join(place, 'wsgideck'), join(other, 'wsgideck'));
    vi.stubEnv('XDG_CACHE_HOME', other);
    expect(cacheFolder()).toBeNull();
  });

  test('is none in the home of somebody else, which stays as it is', () => {
    const home = tempDir();
    chmodSync(home, 0o777);
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('HOME', home);
    expect(cacheFolder()).toBeNull();
    expect(readdirSync(home)).toEqual([]);
  });

  test('is none below a folder in which somebody else could put another in its place; a sticky one is none of these', () => {
    const above = tempDir();
    const place = join(above, 'cache');
    mkdirSync(place, {mode: 0o700});
    vi.stubEnv('XDG_CACHE_HOME', place);
    chmodSync(above, 0o777);
    expect(cacheFolder()).toBeNull();
    expect(readdirSync(place)).toEqual([]);
    chmodSync(above, 0o1777);
    expect(cacheFolder()).toBe(join(place, 'wsgideck'));
  });

  test("is none in another user's place, also when the environment names it", {tags: ['root']}, () => {
    const place = tempDir();
    chownSync(place, 65534, 65534);
    vi.stubEnv('XDG_CACHE_HOME', place);
    expect(cacheFolder()).toBeNull();
    vi.stubEnv('XDG_CACHE_HOME', join(place, 'cache'));
    expect(cacheFolder()).toBeNull();
    expect(readdirSync(place)).toEqual([]);
  });

  test('is where a link leads, and not in a home that is no absolute path', () => {
    const [real, other] = [tempDir(), tempDir()];
    symlinkSync(real, join(other, 'home'));
    vi.stubEnv('XDG_CACHE_HOME', '');
    vi.stubEnv('HOME', join(other, 'home'));
    expect(cacheFolder()).toBe(join(real, '.cache/wsgideck'));
    vi.stubEnv('HOME', '.');
    expect(cacheFolder()).toBeNull();
  });

  test('is none when Node is told to keep nothing, or when the disk is read-only', () => {
    vi.stubEnv('XDG_CACHE_HOME', '/proc/nowhere');
    expect(cacheFolder()).toBeNull();
    vi.stubEnv('XDG_CACHE_HOME', tempDir());
    vi.stubEnv('NODE_DISABLE_COMPILE_CACHE', '1');
    expect(cacheFolder()).toBeNull();
  });
});

interface Loaded {
  add(a: number, b: number): number;
  kept: KeptCode | null;
  strict(): boolean;
}

/** A bundle in the form that the build gives it. */
function bundle(name: string, body: string): {file: string; load: (folder: string | null) => Loaded} {
  const file = join(tempDir(), 'commands.cjs');
  writeFileSync(
    file,
    `//${name}\n(function(exports,require,module,__filename,__dirname){"use strict";const path = require("node:path");module.exports = {kept: null, useKeptCode: (kept) => { module.exports.kept = kept; }, strict() { return this === module.exports && (function () { return this === undefined; })(); }, add: (a, b) => ${body}};\n})`,
  );
  return {file, load: (folder) => loadCommands(file, folder) as unknown as Loaded};
}

describe('compiled code', () => {
  test('is kept when asked, then used; what has been changed is compiled anew', () => {
    const folder = tempDir();
    const {file, load} = bundle('aaaa', 'a + b');
    const first = load(folder);
    expect(first.add(2, 3)).toBe(5);
    expect(first.strict()).toBe(true);
    expect(first.kept).toMatchObject({folder: join(folder, 'aaaa')});
    expect(readdirSync(join(folder, 'aaaa'))).toEqual([]);
    first.kept?.save?.();
    const [kept = ''] = readdirSync(join(folder, 'aaaa'));
    expect(kept).toMatch(/^launch-v\d.*\.bin$/);
    expect(statSync(join(folder, 'aaaa', kept)).mode & 0o777).toBe(0o600);

    const second = load(folder);
    expect(second.kept?.save).toBeNull();
    expect(second.add(2, 3)).toBe(5);

    // Of the same length: nothing but the name in the first line tells V8's code of one from the other.
    writeFileSync(file, readFileSync(file, 'utf8').replace('//aaaa', '//bbbb').replace('a + b', 'a * b'));
    const changed = load(folder);
    expect(changed.add(2, 3)).toBe(6);
    expect(changed.kept?.save).not.toBeNull();
  });

  test('that is damaged, or of another V8, is passed over and replaced', () => {
    const folder = tempDir();
    const {load} = bundle('aaaa', 'a + b');
    load(folder).kept?.save?.();
    const kept = join(folder, 'aaaa', readdirSync(join(folder, 'aaaa'))[0]!);
    const whole = readFileSync(kept);
    const bitten = Buffer.from(whole);
    bitten[Math.floor(whole.length / 4)]! ^= 1;
    const foreign = Buffer.concat([Buffer.alloc(16), whole.subarray(16, whole.length / 2)]);
    for (const bad of [Buffer.alloc(0), Buffer.from('nonsense'), whole.subarray(0, 200), bitten, Buffer.concat([foreign, foreign])]) {
      writeFileSync(kept, bad);
      const again = load(folder);
      expect(again.add(2, 3)).toBe(5);
      again.kept?.save?.();
      expect(load(folder).kept?.save).toBeNull();
    }
  });

  test('needs no folder', () => {
    const {load} = bundle('aaaa', 'a + b');
    expect(load(null).add(2, 3)).toBe(5);
    expect(load(null).kept).toBeNull();
    expect(load('/proc/nowhere').add(2, 3)).toBe(5);
  });

  test('of a month ago goes when something new is kept', () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'node/v1'), {recursive: true});
    mkdirSync(join(folder, 'gone/python'), {recursive: true});
    const [old, young] = [join(folder, 'node/v1/old'), join(folder, 'node/v1/young')];
    for (const file of [old, young]) writeFileSync(file, '');
    const then = Date.now() / 1000 - 31 * 86_400;
    utimesSync(old, then, then);
    utimesSync(join(folder, 'gone/python'), then, then);
    bundle('aaaa', 'a + b').load(folder).kept?.save?.();
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
    // An empty folder would never be filled again.
    expect(existsSync(join(folder, 'gone/python'))).toBe(false);
  });
});
