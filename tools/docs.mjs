#!/usr/bin/env node
/** Writes docs/options.md from the option table. A test fails when the page in the repository is another one. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {optionsPage} from '../src/express/docs.ts';

const page = join(import.meta.dirname, '../docs/options.md');
mkdirSync(dirname(page), {recursive: true});
writeFileSync(page, optionsPage());
console.log('docs/options.md written');
