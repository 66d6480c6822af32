import {bashCompletion} from './completion/bash.ts';
import {fishCompletion} from './completion/fish.ts';
import {type CompletedCommand, HELP_OPTION, projectOptions, serverOptions} from './completion/words.ts';
import {zshCompletion} from './completion/zsh.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const WRITERS: Record<Shell, (program: string, commands: readonly CompletedCommand[]) => string> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** A command to be completed, in words that need not know the option table. */
export interface Completable {
  name: string;
  summary: string;
  /** Otherwise names of options, and words that may stand alone (`server root` for a folder). */
  takes: 'server options' | 'project options' | 'server root' | readonly string[];
}

/** Stands in a list for the server root of a running server, which may be given as a word. */
const SERVER_ROOT = 'server root';

/** An option that only some small commands have. */
const ownOption = (flag: string) => ({flag, values: [], metavars: [], repeatable: false, summary: flag.slice(2).replaceAll('-', ' ')});

/** The script that teaches a shell our commands and, from the option table, their options. */
export function completionScript(shell: Shell, program: string, commands: readonly Completable[]): string {
  const server = serverOptions();
  const project = projectOptions();
  return WRITERS[shell](
    program,
    commands.map(({name, summary, takes}) => {
      if (takes === 'server options') return {name, summary, options: server, argument: 'file'};
      if (takes === 'project options') return {name, summary, options: project, argument: 'text'};
      if (takes === 'server root') return {name, summary, options: [HELP_OPTION], argument: 'directory'};
      const named = new Set(takes);
      const alone = takes.filter((word) => !word.startsWith('-') && word !== SERVER_ROOT);
      const shared = server.filter(({flag}) => named.has(flag));
      const own = takes.filter((word) => word.startsWith('-') && !shared.some(({flag}) => flag === word)).map(ownOption);
      const argument = named.has(SERVER_ROOT) ? 'directory' : alone.length > 0 ? alone : 'text';
      return {name, summary, options: [...shared, ...own, HELP_OPTION], argument};
    }),
  );
}
