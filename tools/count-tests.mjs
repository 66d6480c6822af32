#!/usr/bin/env node
/**
 * count-tests.mjs REPORT: prints `N passed, N failed, N skipped` from vitest's JSON report.
 * Fails when a test failed, when one was skipped without a tag that says what it needs (test/support/global/needs.ts), when a file could not be
 * run, and when there is no report at all.
 */
import {readFileSync} from 'node:fs';

function count(path) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const results = tests.map(({status}) => status);
  // A file that breaks before its first test has no test to its name, but has failed all the same.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({status}) => status === 'failed'),
  ).length;
  const passed = results.filter((status) => status === 'passed').length;
  const failed = results.filter((status) => status === 'failed').length + broken;
  const skipped = results.length - passed - (failed - broken);
  const explained = tests.filter(({status, tags}) => status === 'skipped' && tags.length > 0).length;
  return {passed, failed, skipped, success: report.success && skipped === explained};
}

let counted;
try {
  counted = count(process.argv[2] ?? '');
} catch (error) {
  console.error(`no test report: ${error.message}`);
  counted = {passed: 0, failed: 1, skipped: 0, success: false};
}
const {passed, failed, skipped, success} = counted;
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = success && failed === 0 && passed > 0 ? 0 : 1;
