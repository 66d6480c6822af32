import {defineConfig} from 'vitest/config';
import SkippedReporter, {NEEDS} from './test/support/global/needs.ts';

const REAL_SERVERS = ['test/support/global/build.ts', 'test/support/global/mod-wsgi.ts'];

/** One project per layer, so that `--project unit` needs neither Apache nor a virtual environment. */
function project(name: string, globalSetup: string[]) {
  return {extends: true as const, test: {name, include: [`test/${name}/**/*.test.{ts,tsx}`], globalSetup}};
}

export default defineConfig({
  test: {
    projects: [project('unit', ['test/support/global/native.ts']), project('integration', REAL_SERVERS), project('e2e', REAL_SERVERS)],
    pool: 'forks',
    // Every integration test runs a whole Apache; more at once only measures the machine.
    maxWorkers: 2,
    // Each wait in a test has a limit of its own (30 s, test/support): these are for a test that stands still.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
    setupFiles: ['test/support/global/environment.ts'],
    tags: NEEDS,
    reporters: ['default', 'json', new SkippedReporter()],
    outputFile: {json: '.cache/vitest.json'},
  },
});
