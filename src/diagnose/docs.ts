import type {LogEntry} from '../model/log.ts';
import {type LogRule, say, type Speaker} from './rule.ts';
import {capacityDocs} from './rules/capacity-docs.ts';
import {exitRules} from './rules/exits.ts';
import {logRules} from './rules/index.ts';
import {restartRules} from './rules/restarts.ts';
import {stackRules} from './rules/stacks.ts';
import {stateRules} from './rules/state.ts';

interface Row {
  rule: string;
  severity: string;
  cause: string;
  remedy: string;
}

const SPEAKERS: Record<Speaker, string> = {
  server: 'Said by Apache and mod_wsgi',
  error: 'Exceptions of the application',
  app: 'Other lines of the application',
};
const ENTRY: LogEntry = {seq: 0, at: 0, source: 'error', level: 'error', text: '', more: ['File "']};

/** docs/diagnose.md, made from the rules. Words that a rule takes from the line itself stand as `…`. */
export function diagnosePage(): string {
  // Some have words for two speakers.
  const firsts = logRules.filter((one, index) => logRules.findIndex(({rule}) => rule === one.rule) === index);
  return [
    '# What wsgideck explains',
    '',
    'Made from the rules by `node tools/diagnose-docs.mjs`. Each has a stable name, used in `--json` and in incidents; (4.x) or (6.x) where only',
    'that line of mod_wsgi says it. What follows is what it means and what to do. How the rules for logs are proved: `test/fixtures/diagnose/README.md`.',
    '',
    ...(Object.keys(SPEAKERS) as Speaker[]).flatMap((speaker) =>
      table(SPEAKERS[speaker], firsts.filter((one) => one.by === speaker).map(rowOf)),
    ),
    ...table('Apache that is gone without a word', exitRules),
    ...table('Ends of daemon processes', Object.values(restartRules)),
    ...table('Stacks', [
      ...stackRules,
      {
        rule: 'stack-deadlock',
        severity: 'error',
        cause: 'Threads wait for locks, and no other request is running that could let one go.',
        remedy: 'Take the locks in the same order everywhere, or with a timeout: acquire(timeout=5).',
      },
      {
        rule: 'stack-gil-held',
        severity: 'error',
        cause: 'One thread holds the interpreter (GIL), so no other thread of the process can run.',
        remedy: 'Move that call into another process, or use a library that releases the GIL; --deadlock-timeout replaces such a process.',
      },
      {
        rule: 'stack-crash',
        severity: 'error',
        cause: 'The process crashed in what this line calls.',
        remedy: 'Update or replace the C extension it calls; keep --application-group %{GLOBAL}.',
      },
      {
        rule: 'stack-computing',
        severity: 'warn',
        cause: 'The thread computes, in a loop around this line, and waits for nothing.',
        remedy: 'Look for what ends the loop and how much it is given; long work belongs into a background task.',
      },
    ]),
    ...table('Figures of the moment', stateRules),
    ...table('Capacity, over the last minutes', capacityDocs),
  ].join('\n');
}

function rowOf(rule: LogRule): Row & {versions?: string} {
  const found = Object.assign(['…', '…', '…', '…'], {index: 0, input: ''}) as unknown as RegExpExecArray;
  const words = (text: LogRule['cause']) => say(text, found, ENTRY, {info: null, restarts: []});
  const {rule: name, severity, cause, remedy, versions} = rule;
  return {rule: name, severity, cause: words(cause), remedy: words(remedy), ...(versions ? {versions} : {})};
}

function table(title: string, rows: readonly (Row & {versions?: string})[]): string[] {
  if (rows.length === 0) return [];
  return [
    `## ${title}`,
    '',
    '| rule | | what it means | what to do |',
    '|---|---|---|---|',
    ...rows.map(
      ({rule, severity, cause, remedy, versions}) =>
        `| \`${rule}\`${versions ? ` (${versions})` : ''} | ${severity} | ${cell(cause)} | ${cell(remedy)} |`,
    ),
    '',
  ];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
