import {nearest} from '../express/suggest.ts';
import {COMMANDS} from './command-table.ts';
import {fail} from './report.ts';
import {VERSION} from './version.ts';

/** Column at which the summaries start, unless a command's words need more. */
const SUMMARY_AT = 34;

function overview(): string {
  const rows = COMMANDS.map(({name, words, summary}) => {
    const head = `  ${name} ${words}`.trimEnd();
    return head.length < SUMMARY_AT ? `${head.padEnd(SUMMARY_AT)}${summary}` : `${head}\n${' '.repeat(SUMMARY_AT)}${summary}`;
  });
  return `wsgideck ${VERSION} - start, watch, reload and debug Apache/mod_wsgi from one screen

usage: wsgideck COMMAND [ARGUMENTS]

${rows.join('\n')}

  wsgideck start-server --help    all options of start-server
  wsgideck --version              the version
`;
}

/** Help, version, or one clear line about a command that does not exist. */
export function usage(name: string | undefined): void {
  if (name === '--version' || name === '-V') {
    process.stdout.write(`wsgideck ${VERSION}\n`);
  } else if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(overview());
  } else if (name === undefined) {
    // As the original: no command is a mistake, so that a script that lost a word notices.
    process.stdout.write(overview());
    process.exitCode = 2;
  } else if (name.startsWith('-')) {
    fail(`options come after the command, as in: wsgideck start-server ${name}`, 2);
  } else {
    const guess = nearest(
      name,
      COMMANDS.map((command) => command.name),
    );
    fail(`there is no command "${name}"${guess === null ? '' : `; did you mean ${guess}?`}; see wsgideck --help`, 2);
  }
}
