/** Entry of `wsgideck`. Old syntax and nothing loaded but this: an old Node must get as far as the line that says what is wrong. */
import {enableCompileCache} from 'node:module';
import {belowMinimum} from './node-version.ts';

const problem = belowMinimum(process.versions.node);
if (problem !== null) {
  process.stderr.write(`wsgideck: error: ${problem}\n`);
  process.exitCode = 1;
} else {
  enableCompileCache();
  void import('./commands.ts').then(({run}) => run(process.argv.slice(2)));
}
