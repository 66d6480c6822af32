import {type ModuleFound, moduleLines} from '../express/module-lines.ts';
import {moduleCommand} from './module-command.ts';
import {say} from './say.ts';

const HELP = `usage: wsgideck module-config

Prints the lines that make the Apache of this system load mod_wsgi with its Python. They belong in a file of that Apache's configuration,
on Debian for example /etc/apache2/mods-available/wsgi.load.
`;

/** `wsgideck module-config` */
export function moduleConfig(argv: string[]): void {
  moduleCommand({name: 'module-config', help: HELP, lines: (found) => (tellApache(found), moduleLines(found))}, argv);
}

/** On standard error: what is printed goes into a configuration. */
function tellApache({httpd}: ModuleFound): void {
  if (httpd?.environment !== undefined)
    say(`start-server takes the Apache that pip has installed in ${httpd.environment}: ${httpd.path} (Apache ${httpd.version || '2.4'})`);
}
