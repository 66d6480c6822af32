import {completionScript, SHELLS} from '../express/completion.ts';
import {COMMANDS} from './command-table.ts';
import {fail} from './report.ts';

const HELP = `usage: wsgideck completion ${SHELLS.join('|')}

Prints a script that makes a shell complete our commands, options and their values:

  bash   source <(wsgideck completion bash)       in ~/.bashrc
  zsh    source <(wsgideck completion zsh)        in ~/.zshrc, after compinit
  fish   wsgideck completion fish | source        in ~/.config/fish/config.fish
`;

/** `wsgideck completion SHELL` */
export function completion([name, ...more]: string[]): void {
  const shell = SHELLS.find((one) => one === name);
  if (name === '--help' || name === '-h') process.stdout.write(HELP);
  else if (shell === undefined || more.length > 0) fail(`usage: wsgideck completion ${SHELLS.join('|')}`, 2);
  else process.stdout.write(completionScript(shell, 'wsgideck', COMMANDS));
}
