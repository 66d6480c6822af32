import {beforeAll, expect, test} from 'vitest';
import {type DjangoColumn, newestDjango, systemDjango} from '../fixtures/django/environments.ts';
import {startProject} from '../fixtures/django/project.ts';
import {startDeck} from '../support/deck.ts';
import {KEY} from '../support/tty.ts';

let newest: DjangoColumn;
beforeAll(async () => {
  newest = await newestDjango();
}, 300_000);

test.each([
  ['system', () => systemDjango()],
  ['newest', () => newest],
] as const)('a Django project on the dashboard: what is wrong with it, and where a view is (%s)', async (_, column) => {
  const deck = await startDeck({
    app: startProject(column().python, ['STATIC_ROOT = BASE_DIR / "collected"']),
    column: column(),
    mode: 'tty',
    cols: 160,
    command: ['runmodwsgi'],
    args: ['--shutdown-timeout', '1'],
  });
  const {tty} = deck;
  await tty.waitFor(/shop.*ready|ready.*shop/s);
  await tty.waitFor(/STATIC_ROOT .*does not exist/);
  const slow = deck.get('/slow/', {timeout: 60_000}).then(
    ({status}) => status,
    () => 0,
  );
  tty.press('2');
  await tty.waitFor(/GET +\/slow\//);
  tty.press('3');
  // The view's own line, not one of Django's.
  await tty.waitFor(/\/slow\//);
  tty.press(KEY.enter);
  await tty.waitFor(/shop\/views\.py:\d+/);
  await deck.stop();
  expect(await slow).not.toBe(200);
});
