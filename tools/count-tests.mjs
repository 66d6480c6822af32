#!/usr/bin/env node
/**
 * count-tests.mjs REPORT: prints `N passed, N failed, N skipped` from vitest's JSON report.
 * Fails when a test failed or was skipped, when a file could not be run, and when there is no report at all.
 */
import {readFileSync} from 'node:fs';

function count(path) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const results = report.testResults.flatMap((file) => file.assertionResults.map(({status}) => status));
  // A file that breaks before its first test has no test to its name, but has failed all the same.
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some(({status}) => status === 'failed'),
  ).length;
  const passed = results.filter((status) => status === 'passed').length;
  const failed = results.filter((status) => status === 'failed').length + broken;
  return {passed, failed, skipped: results.length - passed - (failed - broken), success: report.success};
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
process.exitCode = success && failed === 0 && skipped === 0 && passed > 0 ? 0 : 1;
