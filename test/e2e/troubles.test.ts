import {spawnSync} from 'node:child_process';
import {resolve} from 'node:path';
import {describe, expect, test} from 'vitest';
import type {IncidentSummary} from '../../src/model/incidents.ts';
import {startDeck} from '../support/deck.ts';
import {columns} from '../support/mod-wsgi.ts';
import {applicationOf, TROUBLES} from '../support/troubles.ts';
import {sleep, until} from '../support/wait.ts';

const BUNDLE = resolve(import.meta.dirname, '../../dist/wsgideck.cjs');

describe.each(columns())('on mod_wsgi $name', (column) => {
  test.concurrent.each(TROUBLES)('the screen names $name, and an incident keeps it', async (trouble) => {
    const deck = await startDeck({
      app: applicationOf(trouble),
      ...(trouble.script ? {script: trouble.script} : {}),
      ...(trouble.args ? {args: trouble.args} : {}),
      column,
      mode: 'tty',
      cols: 140,
      rows: 40,
    });
    await deck.tty.waitFor(/1 Overview/);
    const over = trouble.provoke(deck);
    // What the Overview has shown counts as well: it is read before a key is pressed.
    const missing = new Set(trouble.shows);
    const shown = (screen: string) => {
      for (const one of missing) if (one.test(screen)) missing.delete(one);
      return missing.size === 0;
    };
    const started = performance.now();
    await deck.tty.waitFor((screen) => shown(screen) || missing.size < trouble.shows.length, 40_000);
    // An exception is told of a moment before the incident that its log line opens, which knows more.
    if (missing.size > 0) await deck.tty.waitFor((screen) => shown(screen) || /6 Incidents \d/.test(screen), 5000).catch(() => {});
    // Worst first: it is selected, and Enter leads to it.
    for (const key of trouble.keys ?? ['\r']) {
      if (missing.size === 0) break;
      await sleep(300);
      deck.tty.press(key);
    }
    await deck.tty.waitFor(shown, 30_000);
    if (process.env['SHOW']) console.log(deck.tty.screen());
    console.log(`${trouble.name} on ${column.name}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
    // The line may follow the incident by a moment: the agent tells of the exception. Without a file it is not one line's doing.
    const {kind, file = ''} = trouble.incident;
    const keeps = (one: IncidentSummary) => one.kind === kind && (one.where?.file ?? '').includes(file);
    const kept = await until('an incident', () => incidents(deck.serverRoot).find(keeps), 40_000);
    expect(`${kept.title} ${kept.cause}`).toMatch(trouble.incident.says ?? /./);
    await deck.kill();
    await over;
    expect(incidents(deck.serverRoot).map((one) => one.id)).toContain(kept.id);
  });
});

function incidents(serverRoot: string): IncidentSummary[] {
  const run = spawnSync(process.execPath, [BUNDLE, 'incidents', '--server-root', serverRoot, '--json'], {encoding: 'utf8'});
  if (run.status !== 0) return [];
  return run.stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as IncidentSummary);
}
