import {describe, expect, test} from 'vitest';
import {OPTIONS} from '../../src/express/options/table.ts';
import {atLeast} from '../../src/express/version.ts';
import {columns} from '../support/mod-wsgi.ts';
import {basicAccessScene, digestAccessScene} from '../support/walk/access.ts';
import {deckPlays} from '../support/walk/deck.ts';
import {namedHttpsScene, namelessHttpsScene} from '../support/walk/https.ts';
import {logScene, rotationScene} from '../support/walk/logs.ts';
import {debugScene, embeddedScene, gdbScene, moduleScene, staticScene} from '../support/walk/modes.ts';
import {pythonScene, sixScene} from '../support/walk/python.ts';
import {absent, packages, removed, type Refused, tooNew} from '../support/walk/refusals.ts';
import {play, type Scene} from '../support/walk/scene.ts';
import {timeScenes} from '../support/walk/times.ts';
import {webScene} from '../support/walk/web.ts';

process.env['WALK_PASSED'] = 'from the environment';

const SCENES: Scene[] = [
  pythonScene,
  sixScene,
  webScene,
  namedHttpsScene,
  namelessHttpsScene,
  basicAccessScene,
  digestAccessScene,
  logScene,
  rotationScene,
  embeddedScene,
  debugScene,
  gdbScene,
  staticScene,
  moduleScene,
  ...timeScenes,
];

describe.each(columns().map((column) => [column.name, column] as const))('mod_wsgi %s', (_, column) => {
  const seen = new Set<string>();
  const scenes = SCENES.filter(({needs}) => needs === undefined || atLeast(column.version, needs));
  // Most of a scene's time is spent waiting: for timers, for processes to come and go.
  test.concurrent.each(scenes)('$name', async (scene) => {
    for (const dest of await play(scene, column)) seen.add(dest);
  });

  test.concurrent.each(Object.entries(deckPlays))('%s', async (_name, deckPlay) => {
    for (const dest of await deckPlay(column)) seen.add(dest);
  });

  const refused: Refused = {};
  test.concurrent('what is refused, and why', async () => {
    const installed = await packages(column);
    for (const dest of installed.seen) seen.add(dest);
    Object.assign(refused, installed.refused, removed(), await tooNew(column), await absent(column));
  });

  test('every option', () => {
    const flags = (wanted: (dest: string) => boolean) => OPTIONS.filter(({dest}) => wanted(dest)).map((option) => option.flags[0]);
    const works = flags((dest) => seen.has(dest));
    console.log(`mod_wsgi ${column.version}: ${works.length} of ${OPTIONS.length} options seen to work, the others refused:`);
    for (const {dest} of OPTIONS) if (!seen.has(dest) && refused[dest]) console.log(`  ${refused[dest]}`);
    expect(flags((dest) => !seen.has(dest) && !refused[dest])).toEqual([]);
    // Nothing may be refused that could be had.
    expect(works.length).toBeGreaterThanOrEqual(OPTIONS.length - 25);
  });
});
