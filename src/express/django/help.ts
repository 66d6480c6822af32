import {djangoOptions} from './options.ts';

/** The text of `wsgideck runmodwsgi --help`: what it takes beyond `start-server`. */
export function djangoHelp(): string {
  const entries = djangoOptions.flatMap((option) =>
    'hidden' in option ? [] : [`  ${option.flags[0]}${'metavar' in option ? ` ${option.metavar}` : ''}`, `      ${option.help}`],
  );
  return `${[
    'Usage: wsgideck runmodwsgi [OPTIONS]',
    '',
    'Serves the Django project of the current directory. The application, its directory and its static files are',
    "found out from the project's settings, which are read with the project's own Python.",
    '',
    'Django:',
    ...entries,
    '',
    'All options of start-server apply, without those that name the application: wsgideck start-server --help',
  ].join('\n')}\n`;
}
