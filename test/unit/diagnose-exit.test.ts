import {readdirSync} from 'node:fs';
import {describe, expect, it} from 'vitest';
import {diagnoseExit} from '../../src/diagnose/index.ts';
import {exitRules} from '../../src/diagnose/rules/exits.ts';
import {linesOf} from '../support/log-entries.ts';

const LOGS = new URL('../fixtures/diagnose/logs/', import.meta.url);
const FAILED = {code: 1, signal: null};

/** What an Apache that did not start printed (real output), and why it did not, in the first place. */
const REASONS: Record<string, string> = {
  'as-root': 'runs-as-root',
  'bad-log-level': 'log-level-unknown',
  'bad-value': 'config-syntax',
  'custom-log-folder': 'log-folder-missing',
  'daemon-option-4.9.4': 'wsgi-daemon-option',
  'daemon-option-6.1.1': 'wsgi-daemon-option',
  'daemon-user-4.9.4': 'user-unknown',
  'daemon-user-6.1.1': 'user-unknown',
  'dependent-module': 'module-dependency',
  'foreign-address': 'address-not-here',
  'include-error': 'config-syntax',
  'log-folder': 'log-folder-missing',
  'low-port': 'port-denied',
  'missing-include': 'include-missing',
  'missing-module': 'module-missing-file',
  'no-config': 'include-missing',
  'no-document-root': 'document-root-missing',
  'no-listen': 'nothing-to-listen',
  'no-mpm': 'no-mpm',
  'not-a-module': 'module-not-one',
  'not-here': 'directive-not-here',
  'old-access': 'old-access-directive',
  'pid-taken': 'already-running',
  'port-taken': 'port-in-use',
  require: 'access-rule-unknown',
  rewrite: 'rewrite-pattern',
  'root-not-writable': 'error-log-denied',
  'same-process-group-4.9.4': 'wsgi-group-twice',
  'same-process-group-6.1.1': 'wsgi-group-twice',
  'tls-ca': 'tls-file-missing',
  'tls-no-certificate': 'tls-file-missing',
  'tls-no-module': 'tls-not-loaded',
  'tls-passphrase': 'tls-passphrase',
  'tls-protocol': 'tls-protocol-unknown',
  twice: 'already-running',
  'two-mpms': 'two-mpms',
  'unclosed-section': 'section-not-closed',
  'unknown-directive-4.9.4': 'directive-unknown',
  'unknown-directive-6.1.1': 'directive-unknown',
  'unknown-group': 'group-unknown',
  'unknown-process-group-4.9.4': 'wsgi-group-unknown',
  'unknown-process-group-6.1.1': 'wsgi-group-unknown',
  'unknown-user': 'user-unknown',
  'unmatched-section': 'section-not-closed',
  'wrong-module': 'module-other-name',
};
/** The reason of these stands in the error log, with Apache's prefix; its terminal says only that there was one. */
const IN_ERROR_LOG = ['pid-folder', 'tls-key-mismatch', 'tls-not-pem', 'tls-no-key'];

describe('an Apache that does not start', () => {
  it.each(Object.entries(REASONS))('%s: %s', (name, rule) => {
    const lines = linesOf(new URL(`start-${name}.log`, LOGS));
    const [best] = diagnoseExit(FAILED, lines);
    expect(best).toMatchObject({rule, evidence: [expect.any(String)]});
    expect(lines).toContain(best!.evidence![0]);
  });

  it('all logs of failed starts are told of here', () => {
    const names = readdirSync(LOGS).flatMap((name) => /^start-(.*)\.log$/.exec(name)?.[1] ?? []);
    expect(names.toSorted()).toEqual([...Object.keys(REASONS), ...IN_ERROR_LOG].toSorted());
  });

  it('a syntax error names the line of the file', () => {
    const [included] = diagnoseExit(FAILED, linesOf(new URL('start-include-error.log', LOGS)));
    expect(included).toMatchObject({rule: 'config-syntax', place: {file: '/srv/deck/included.conf', line: 2}});
    const [notHere] = diagnoseExit(FAILED, linesOf(new URL('start-not-here.log', LOGS)));
    expect(notHere).toMatchObject({rule: 'directive-not-here', place: {file: '/srv/deck/httpd.conf', line: 20}});
  });

  it.each([
    [{code: null, signal: 'SIGKILL'}, 'apache-killed'],
    [{code: null, signal: 'SIGSEGV'}, 'apache-crashed'],
    [{code: 127, signal: null}, 'httpd-not-found'],
    [{code: 126, signal: null}, 'httpd-not-executable'],
    [{code: 1, signal: null}, 'apache-failed'],
  ])('%o without a word is %s', (exit, rule) => {
    expect(diagnoseExit(exit, ['AH00094: Command line'])[0]!.rule).toBe(rule);
    expect(exitRules.map((one) => one.rule)).toContain(rule);
  });

  it('a clean end needs no explanation', () => {
    expect(diagnoseExit({code: 0, signal: null}, [])).toEqual([]);
  });
});
