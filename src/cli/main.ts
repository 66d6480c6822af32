/** Entry of `wsgideck`. Old syntax and nothing loaded but this: an old Node must get as far as the line that says what is wrong. */
import {enableCompileCache} from 'node:module';
import {join} from 'node:path';
import {cacheFolder} from './cache-folder.ts';
import {loadCommands} from './compiled-commands.ts';
import {belowMinimum} from './node-version.ts';
import {runBelowInit} from './process-one.ts';

const problem = belowMinimum(process.versions.node);
if (problem !== null) {
  process.stderr.write(`wsgideck: error: ${problem}\n`);
  process.exitCode = 1;
} else {
  if (process.pid === 1) runBelowInit();
  const folder = cacheFolder();
  if (folder !== null) enableCompileCache(join(folder, 'node'));
  void loadCommands(join(import.meta.dirname, 'commands.cjs'), folder).run(process.argv.slice(2));
}
