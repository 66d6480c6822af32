import {resolve} from 'node:path';
import {findHttpd} from '../express/discovery/httpd.ts';
import {currentHost} from '../express/host.ts';
import {installModule as install} from '../express/install-module.ts';
import {moduleLines, type ModuleFound} from '../express/module-lines.ts';
import {moduleCommand} from './module-command.ts';
import {refuse} from './say.ts';

const HELP = `usage: wsgideck install-module [--modules-directory DIRECTORY]

Copies the mod_wsgi module into the directory of Apache's modules, and prints the lines that make Apache load it.

  --modules-directory DIRECTORY
      Where to copy it to. Found by itself when left out.
`;
const DIRECTORY = '--modules-directory';

/** `wsgideck install-module` */
export function installModule(argv: string[]): void {
  moduleCommand({name: 'install-module', help: HELP, flags: [DIRECTORY], lines: copy}, argv);
}

function copy(found: ModuleFound, values: Record<string, string>): string[] | null {
  const host = currentHost();
  const given = values[DIRECTORY];
  const httpd = given === undefined ? findHttpd({httpdExecutable: null, modulesDirectory: null}, host, []) : null;
  if (httpd !== null && 'severity' in httpd) {
    refuse([httpd]);
    return null;
  }
  const target = install(found.module.path, given === undefined ? httpd!.modulesDirectory : resolve(host.cwd, given));
  if (typeof target === 'string') return moduleLines(found, target);
  refuse([target]);
  return null;
}
