import {readFileSync} from 'node:fs';
import {expect, it} from 'vitest';
import {diagnosePage} from '../../src/diagnose/docs.ts';
import {capacityRules} from '../../src/diagnose/rules/capacity.ts';
import {capacityDocs} from '../../src/diagnose/rules/capacity-docs.ts';
import {exitRules} from '../../src/diagnose/rules/exits.ts';
import {logRules} from '../../src/diagnose/rules/index.ts';
import {restartRules} from '../../src/diagnose/rules/restarts.ts';
import {stackRules} from '../../src/diagnose/rules/stacks.ts';
import {stateRules} from '../../src/diagnose/rules/state.ts';
import {OPTIONS} from '../../src/express/options/table.ts';

const page = readFileSync(new URL('../../docs/diagnose.md', import.meta.url), 'utf8');

it('docs/diagnose.md is what the rules say (node tools/diagnose-docs.mjs writes it)', () => {
  expect(page).toBe(diagnosePage());
});

it('names every rule once', () => {
  const rules = [...logRules, ...exitRules, ...Object.values(restartRules), ...stackRules, ...stateRules, ...capacityRules];
  for (const rule of new Set(rules.map((one) => one.rule))) expect(page.split(`| \`${rule}\``)).toHaveLength(2);
  expect(capacityDocs.map(({rule, severity}) => [rule, severity])).toEqual(capacityRules.map(({rule, severity}) => [rule, severity]));
});

it('names only options that exist', () => {
  const known = new Set(OPTIONS.flatMap((option): string[] => [...option.flags]));
  const named = new Set(Array.from(page.matchAll(/(?<![\w-])--[a-z][a-z-]+/g), ([flag]) => flag));
  // Ours to the reader, for all commands.
  known.add('--json');
  expect([...named].filter((flag) => !known.has(flag))).toEqual([]);
});
