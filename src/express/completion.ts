import {bashCompletion} from './completion/bash.ts';
import {fishCompletion} from './completion/fish.ts';
import {type CompletedCommand, HELP_OPTION, serverOptions} from './completion/words.ts';
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
  /** Otherwise names of options, and words that may stand alone. */
  takes: 'server options' | 'server root' | readonly string[];
}

/** The script that teaches a shell our commands and, from the option table, their options. */
export function completionScript(shell: Shell, program: string, commands: readonly Completable[]): string {
  const server = serverOptions();
  return WRITERS[shell](
    program,
    commands.map(({name, summary, takes}) => {
      if (takes === 'server options') return {name, summary, options: server, argument: 'file'};
      if (takes === 'server root') return {name, summary, options: [HELP_OPTION], argument: 'directory'};
      const named = new Set(takes);
      const alone = takes.filter((word) => !word.startsWith('-'));
      const options = [...server.filter(({flag}) => named.has(flag)), HELP_OPTION];
      return {name, summary, options, argument: alone.length > 0 ? alone : 'text'};
    }),
  );
}
