import {mkdirSync, symlinkSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from 'vitest';
import {type RunningDeck, startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {saveByRename} from '../support/save.ts';
import {ask, reloads} from '../support/slots.ts';
import {tempDir} from '../support/temp.ts';
import {until} from '../support/wait.ts';

const MODULES = {linked: 'linked', shared: 'shared', lazily: 'shared'} as const;
type Name = keyof typeof MODULES;

/** An application with a folder that is linked into it, and one on sys.path beside it, of which a module is imported by the first request for /lazily. */
function site(): {project: string; save: (name: Name, version: string) => void} {
  const place = tempDir();
  const project = join(place, 'project');
  for (const name of ['project', 'linked', 'shared']) mkdirSync(join(place, name));
  const save = (name: Name, version: string) =>
    saveByRename(join(place, MODULES[name], name === 'linked' ? '__init__.py' : `${name}.py`), `VERSION = '${version}'\n`);
  for (const name of Object.keys(MODULES) as Name[]) save(name, 'v0');
  symlinkSync('../linked', join(project, 'linked'));
  saveByRename(
    join(project, 'app.wsgi'),
    `import os
import sys

sys.path.insert(0, ${JSON.stringify(join(place, 'shared'))})

import linked
import shared


def application(environ, start_response):
    name = environ['PATH_INFO'].strip('/') or 'linked'
    if name == 'lazily':
        import lazily  # noqa: F401
    start_response('200 OK', [('Content-Type', 'text/plain')])
    return [('%s %s - True' % (sys.modules[name].VERSION, os.getpid())).encode()]
`,
  );
  return {project, save};
}

const shown = (deck: RunningDeck, name: Name, version: string): Promise<boolean> =>
  until(`${version} of ${name}`, async () => (await ask(deck, `/${name}`)).version === version);

const started = (column: ReturnType<typeof columns>[number], project: string, args: string[]): Promise<RunningDeck> =>
  startDeck({
    app: 'slots',
    column,
    mode: 'json',
    command: ['start-server', join(project, 'app.wsgi')],
    args: ['--working-directory', project, '--reload-on-changes', ...args],
  });

const WAYS = [
  ['swap', []],
  ['restart', ['--reload-strategy', 'restart']],
  ['graceful', ['--reload-strategy', 'graceful', '--graceful-timeout', '5']],
] as const;

describe.each(columns().map((column) => [column.name, column] as const))('imported files outside the project, mod_wsgi %s', (_, column) => {
  test.each(WAYS)('their first save is one reload: %s', async (_way, args) => {
    for (const name of ['linked', 'shared'] as const) {
      const {project, save} = site();
      const deck = await started(column, project, [...args]);
      await shown(deck, name, 'v0');
      save(name, 'v1');
      await shown(deck, name, 'v1');
      await until('the end of the reload', () => reloads(deck).at(-1)?.status === 'done');
      expect(reloads(deck)).toHaveLength(1);
      await deck.stop();
    }
  });

  test.each(WAYS.slice(0, 2))('the first save of one that a request has imported is a reload: %s', async (_way, args) => {
    const {project, save} = site();
    const deck = await started(column, project, [...args]);
    await shown(deck, 'linked', 'v0');
    // The agent answers one question after the other: by its first sample it has said what it had imported at the start.
    await deck.waitEvent('requests', () => true);
    // Saved before it is imported: that is no news.
    save('lazily', 'v1');
    await shown(deck, 'lazily', 'v1');
    save('lazily', 'v2');
    await shown(deck, 'lazily', 'v2');
    await deck.stop();
  });

  test('a test that nothing imports restarts nothing', async () => {
    const {project, save} = site();
    const deck = await started(column, project, ['--reload-strategy', 'restart']);
    await shown(deck, 'linked', 'v0');
    // One that counts first: then it is known what is imported.
    save('linked', 'v1');
    await shown(deck, 'linked', 'v1');
    await until('the end of the reload', () => reloads(deck).at(-1)?.status === 'done');
    saveByRename(join(project, 'test_shop.py'), 'raise SystemExit\n');
    save('shared', 'v1');
    await shown(deck, 'shared', 'v1');
    const names = reloads(deck).map((one) => one.names);
    expect(names).toHaveLength(2);
    expect(names.flat().filter((name) => name.includes('test_shop'))).toEqual([]);
    await deck.stop();
  });
});
