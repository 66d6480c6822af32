import {expect, test} from 'vitest';
import {belowMinimum} from '../../src/cli/node-version.ts';

test.each(['22.22.0', '22.30.1', '24.0.0', '26.10.0'])('Node %s will do', (version) => {
  expect(belowMinimum(version)).toBeNull();
});

test.each(['12.22.12', '20.20.2', '22.21.9'])('Node %s is told what is needed', (version) => {
  expect(belowMinimum(version)).toMatch(new RegExp(`${version.replaceAll('.', '\\.')}.*22\\.22`));
});
