import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {beforeAll, expect, it} from 'vitest';
import {tempDir} from '../support/temp.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const LAYERS = [
  ['src/cli'],
  ['src/instance', 'src/control', 'components'],
  ['src/sources', 'src/express', 'src/diagnose', 'src/terminal'],
  ['src/model'],
];
const FOLDERS = LAYERS.flat();
/** Views are held to more: they know no process, file or socket, whatever the layer of those who do. */
const VIEWS_MAY_IMPORT = new Set(['components', 'src/diagnose', 'src/terminal', 'src/model']);

let refused: Set<string>;

/** Files that each import one folder from one other, linted in one go with the repository's own settings. */
beforeAll(() => {
  const folder = tempDir();
  cpSync(join(ROOT, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const from of FOLDERS) {
    for (const to of FOLDERS.filter((other) => other !== from)) {
      for (const depth of ['', 'deeper/']) write(folder, from, to, depth);
    }
  }
  const {stdout} = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), ['--format=json', '.'], {cwd: folder, encoding: 'utf8'});
  const {diagnostics} = JSON.parse(stdout) as {diagnostics: {code: string; filename: string}[]};
  refused = new Set(
    diagnostics.filter(({code}) => code.includes('no-restricted-imports')).map(({filename}) => filename.replaceAll('\\', '/')),
  );
});

function fileName(from: string, to: string, depth: string): string {
  return `${from}/${depth}imports-${to.replace('/', '-')}.ts`;
}

function write(folder: string, from: string, to: string, depth: string): void {
  const file = join(folder, fileName(from, to, depth));
  const up = '../'.repeat(from.split('/').length + (depth === '' ? 0 : 1));
  // Inside src/ a neighbour is named without src.
  const specifier = from.startsWith('src/') && to.startsWith('src/') ? `${up.slice(3)}${to.slice(4)}/thing.ts` : `${up}${to}/thing.ts`;
  mkdirSync(dirname(file), {recursive: true});
  writeFileSync(file, `import {thing} from '${specifier}';\n\nthing();\n`);
}

function allowed(from: string, to: string): boolean {
  if (from === 'components') return VIEWS_MAY_IMPORT.has(to);
  const rank = (folder: string) => LAYERS.findIndex((layer) => layer.includes(folder));
  return rank(from) <= rank(to);
}

it.each(FOLDERS)('the lint rule keeps the imports of %s to its own layer and below', (from) => {
  for (const to of FOLDERS.filter((other) => other !== from)) {
    for (const depth of ['', 'deeper/']) {
      const file = fileName(from, to, depth);
      expect(refused.has(file), file).toBe(!allowed(from, to));
    }
  }
});
