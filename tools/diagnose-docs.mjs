#!/usr/bin/env node
/** Writes docs/diagnose.md from the rules. A test fails when the page in the repository is another one. */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {diagnosePage} from '../src/diagnose/docs.ts';

writeFileSync(join(import.meta.dirname, '../docs/diagnose.md'), diagnosePage());
console.log('docs/diagnose.md written');
