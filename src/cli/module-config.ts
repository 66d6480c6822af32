import {moduleLines} from '../express/module-lines.ts';
import {moduleCommand} from './module-command.ts';

const HELP = `usage: wsgideck module-config

Prints the lines that make the Apache of this system load mod_wsgi with its Python. They belong in a file of that Apache's configuration,
on Debian for example /etc/apache2/mods-available/wsgi.load.
`;

/** `wsgideck module-config` */
export function moduleConfig(argv: string[]): void {
  moduleCommand({name: 'module-config', help: HELP, lines: (found) => moduleLines(found)}, argv);
}
