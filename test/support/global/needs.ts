import {spawnSync} from 'node:child_process';
import {networkInterfaces} from 'node:os';
import type {Reporter, TestModule} from 'vitest/node';

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({address}) => address === '::1'));

/** For `unshare`: makes its program process 1 of a pid namespace, which root may always do. */
export const PID_NAMESPACE = [
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child',
  ...(process.getuid?.() === 0 ? [] : ['--user', '--map-current-user']),
];

const mayUnshare = () => process.getuid?.() === 0 || spawnSync('unshare', [...PID_NAMESPACE, 'true']).status === 0;

/** What some tests need and not every machine or user has. A test names it as a tag; where it is missing the test is skipped. */
export const NEEDS = [
  {name: 'root', description: 'needs root', skip: process.getuid?.() !== 0},
  {name: 'namespace', description: 'needs to make a pid namespace', skip: !mayUnshare()},
  {name: 'ipv6', description: 'needs the address ::1', skip: !hasIpv6},
];

/** Prints which tests were skipped, and for want of what: a skipped test is a test that says nothing. */
export default class SkippedReporter implements Reporter {
  #filtered = false;

  onInit(vitest: Parameters<NonNullable<Reporter['onInit']>>[0]): void {
    this.#filtered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    // -t skips all other tests; those are not missed.
    if (this.#filtered) return;
    const skipped = modules.flatMap((one) => [...one.children.allTests('skipped')].map((test) => ({file: one.relativeModuleId, test})));
    for (const {name, description, skip} of NEEDS) {
      const tests = skip ? skipped.filter(({test}) => test.tags.includes(name)) : [];
      if (tests.length === 0) continue;
      console.log(`${tests.length} ${tests.length === 1 ? 'test was' : 'tests were'} skipped (${description}):`);
      for (const {file, test} of tests) console.log(`  ${file}: ${test.fullName}`);
    }
  }
}
