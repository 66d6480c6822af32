import {moduleCommand} from './module-command.ts';

const HELP = `usage: wsgideck module-location

Prints the path of the mod_wsgi module that start-server loads.
`;

/** `wsgideck module-location` */
export function moduleLocation(argv: string[]): void {
  moduleCommand({name: 'module-location', help: HELP, lines: ({module}) => [module.path]}, argv);
}
