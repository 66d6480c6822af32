import {readFileSync} from 'node:fs';
import {resolve} from 'node:path';
import {expect, it} from 'vitest';

interface Entry {
  version?: string;
  resolved?: string;
  integrity?: string;
  optionalDependencies?: Record<string, string>;
}

const text = readFileSync(resolve(import.meta.dirname, '../../package-lock.json'), 'utf8');
const packages = (JSON.parse(text) as {packages: Record<string, Entry>}).packages;

it('has an entry for every package of other platforms, without which npm ci refuses the whole lock file', () => {
  const missing = Object.entries(packages).flatMap(([owner, {optionalDependencies = {}}]) =>
    Object.keys(optionalDependencies).filter(
      (name) => packages[`node_modules/${name}`] === undefined && packages[`${owner}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

it('says what to install, not from which host: that is for each machine to decide', () => {
  expect(Object.values(packages).filter(({resolved}) => resolved !== undefined)).toEqual([]);
});

it('has the checksum of everything that this project installs on Linux x64', () => {
  const mine = Object.entries(packages).filter(
    ([name]) => name !== '' && !/(android|arm|darwin|freebsd|ia32|musl|openharmony|ppc64|riscv64|s390x|win32|wasm)/.test(name),
  );
  expect(mine.length).toBeGreaterThan(50);
  expect(mine.filter(([, {integrity}]) => integrity === undefined).map(([name]) => name)).toEqual([]);
});
