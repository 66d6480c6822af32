import {VERSION} from './version.ts';

const COMMANDS = `wsgideck ${VERSION} - start, watch, reload and debug Apache/mod_wsgi from one screen

usage: wsgideck COMMAND [ARGUMENTS]

  start-server [SCRIPT] [OPTIONS]   start Apache/mod_wsgi for a WSGI application and show the dashboard
  attach SERVER-ROOT                open a dashboard on a server that is already running under wsgideck

  wsgideck start-server --help      all options of start-server
  wsgideck --version                the version
`;

/** Help, version, or one clear line about a command that does not exist. */
export function usage(name: string | undefined): void {
  if (name === '--version' || name === '-V') {
    process.stdout.write(`wsgideck ${VERSION}\n`);
  } else if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(COMMANDS);
  } else {
    const what = name.startsWith('-')
      ? `options come after the command, as in: wsgideck start-server ${name}`
      : `there is no command "${name}"; see wsgideck --help`;
    process.stderr.write(`wsgideck: error: ${what}\n`);
    process.exitCode = 2;
  }
}
