/** Entry of `wsgideck`. Old syntax and no imports beyond the one: an old Node must get as far as the line that says what is wrong. */
import {belowMinimum} from './node-version.ts';

const problem = belowMinimum(process.versions.node);
if (problem !== null) {
  process.stderr.write(`wsgideck: error: ${problem}\n`);
  process.exitCode = 1;
} else {
  void import('./commands.ts').then(({run}) => run(process.argv.slice(2)));
}
