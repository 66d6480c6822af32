import type {CompletedCommand, CompletedOption, ValueKind} from './words.ts';

const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Inside of an _arguments specification these characters mean something. */
const plainText = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

function action(kind: ValueKind): string {
  switch (kind) {
    case 'file':
      return '_files';
    case 'directory':
      return '_files -/';
    case 'user':
      return '_users';
    case 'group':
      return '_groups';
    case 'text':
      return ' ';
    default:
      return `(${kind.map((one) => one.replaceAll(/[\s()]/g, '\\$&')).join(' ')})`;
  }
}

function specification({flag, values, metavars, repeatable, summary}: CompletedOption): string {
  // --name=value is one value's; of two, the values are words of their own.
  const name = `${repeatable ? '*' : ''}${flag}${values.length === 1 ? '=' : ''}`;
  const slots = values.map((kind, i) => `:${plainText(metavars[i] ?? 'VALUE')}:${action(kind)}`).join('');
  return single(`${name}[${plainText(summary)}]${slots}`);
}

/** For zsh's own completion system: works from a file of $fpath and when it is sourced. */
export function zshCompletion(program: string, commands: readonly CompletedCommand[]): string {
  const described = commands.map(({name, summary}) => `        ${single(`${name}:${summary.replaceAll(':', '\\:')}`)}`);
  const byOptions = new Map<string, string[]>();
  for (const {name, options, argument} of commands) {
    const last = argument === 'text' ? [] : [single(`*:${typeof argument === 'string' ? argument : 'word'}:${action(argument)}`)];
    const words = [...options.map(specification), ...last].map((one) => `            ${one}`).join(' \\\n');
    byOptions.set(words, [...(byOptions.get(words) ?? []), name]);
  }
  const cases = [...byOptions].map(([words, names]) => `    ${names.join('|')})\n        _arguments -S : \\\n${words}\n        ;;`);
  return `#compdef ${program}
# Completion of ${program} for zsh. As a file _${program} in a directory of $fpath, or: source <(${program} completion zsh)

_${program}() {
    local -a commands=(
${described.join('\n')}
    )
    if ((CURRENT == 2)); then
        _describe -t commands command commands
        return
    fi
    local command=$words[2]
    shift words
    ((CURRENT--))
    case $command in
${cases.join('\n')}
    esac
}

if [ "$funcstack[1]" = _${program} ]; then
    _${program} "$@"
else
    compdef _${program} ${program}
fi
`;
}
