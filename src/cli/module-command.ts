import {currentHost} from '../express/host.ts';
import {findModule, type ModuleFound} from '../express/module-lines.ts';
import {readWords} from '../express/words.ts';
import {reading} from './report.ts';
import {refuse} from './say.ts';

interface ModuleCommand {
  name: string;
  /** Text of --help. */
  help: string;
  flags?: readonly string[];
  /** Lines to print for the mod_wsgi that was found; null when something went wrong, which has been said. */
  lines: (found: ModuleFound, values: Record<string, string>) => string[] | null;
}

/** The common part of the commands about the module: arguments, help, finding mod_wsgi, printing. */
export function moduleCommand({name, help, flags = [], lines}: ModuleCommand, argv: string[]): void {
  const host = currentHost();
  const read = reading(() => readWords(name, argv, flags));
  if (read === null) return;
  if (read.action === 'help') return void process.stdout.write(help);
  const found = findModule(host);
  if ('severity' in found) return refuse([found]);
  const printed = lines(found, read.values);
  if (printed !== null) process.stdout.write(printed.map((line) => `${line}\n`).join(''));
}
