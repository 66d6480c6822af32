import type {CompletedCommand, CompletedOption, ValueKind} from './words.ts';

const single = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** What `complete` is told about a value: -x asks for one and offers no files. */
function value(kind: ValueKind | undefined): string {
  switch (kind) {
    case undefined:
      return '';
    case 'file':
      return ' -r -F';
    case 'directory':
      return " -x -a '(__fish_complete_directories (commandline -ct))'";
    case 'user':
      return " -x -a '(__fish_complete_users)'";
    case 'group':
      return " -x -a '(__fish_complete_groups)'";
    case 'text':
      return ' -x';
    default:
      return ` -x -a ${single(kind.join(' '))}`;
  }
}

/** For fish. It has no idea of options with two values: the first is completed, the second is left to the user. */
export function fishCompletion(program: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.map(({name, summary}) => `complete -c ${program} -n __fish_use_subcommand -f -a ${name} -d ${single(summary)}`);
  const seen = (names: readonly string[]) => single(`__fish_seen_subcommand_from ${names.join(' ')}`);
  const byOption = new Map<CompletedOption, string[]>();
  const keys = new Map<string, CompletedOption>();
  for (const {name, options} of commands) {
    for (const option of options) {
      const key = JSON.stringify(option);
      const known = keys.get(key) ?? option;
      keys.set(key, known);
      byOption.set(known, [...(byOption.get(known) ?? []), name]);
    }
  }
  for (const [{flag, values, summary}, names] of byOption) {
    lines.push(`complete -c ${program} -n ${seen(names)} -l ${flag.slice(2)}${value(values[0])} -d ${single(summary)}`);
  }
  for (const {name, argument} of commands) {
    if (argument === 'file') lines.push(`complete -c ${program} -n ${seen([name])} -F`);
    if (argument === 'directory') {
      lines.push(`complete -c ${program} -n ${seen([name])} -f -a '(__fish_complete_directories (commandline -ct))'`);
    }
    if (typeof argument !== 'string') lines.push(`complete -c ${program} -n ${seen([name])} -f -a ${single(argument.join(' '))}`);
  }
  return `# Completion of ${program} for fish. Put it into the shell with: ${program} completion fish | source
complete -c ${program} -f
${lines.join('\n')}
`;
}
