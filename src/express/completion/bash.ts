import type {CompletedCommand, CompletedOption, ValueKind} from './words.ts';

const single = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** One word per value; choices are joined by commas. */
const kindWord = (kind: ValueKind): string => (typeof kind === 'string' ? kind : `=${kind.join(',')}`);

/** Lines of a `case` that tells the kinds of an option's values; options of the same kinds share one. */
function kindCases(options: readonly CompletedOption[]): string[] {
  const byKinds = new Map<string, string[]>();
  for (const {flag, values} of options) {
    if (values.length === 0) continue;
    const kinds = values.map(kindWord).join(' ');
    byKinds.set(kinds, [...(byKinds.get(kinds) ?? []), flag]);
  }
  return [...byKinds].map(([kinds, flags]) => `        ${flags.join('|')}) kinds=${single(kinds)} ;;`);
}

/** Commands with the same options share one entry. */
function commandCases(commands: readonly CompletedCommand[]): string[] {
  const byWords = new Map<string, string[]>();
  for (const {name, options, argument} of commands) {
    const words = `argument=${kindWord(argument)} options=${single(options.map(({flag}) => flag).join(' '))}`;
    byWords.set(words, [...(byWords.get(words) ?? []), name]);
  }
  return [...byWords].map(([words, names]) => `        ${names.join('|')}) ${words} ;;`);
}

/** For bash from 3.2 on, without the bash-completion package. */
export function bashCompletion(program: string, commands: readonly CompletedCommand[]): string {
  const options = new Map(commands.flatMap((command) => command.options).map((option) => [option.flag, option]));
  return `# Completion of ${program} for bash. Put it into the shell with: source <(${program} completion bash)

# Sets kinds: what the values of an option are.
_${program}_kinds() {
    kinds=
    case $1 in
${kindCases([...options.values()]).join('\n')}
    esac
}

# Offers the words of one kind that begin with $2.
_${program}_offer() {
    local IFS=$'\\n'
    case $1 in
        file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
        directory) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$2")) ;;
        user) COMPREPLY=($(compgen -u -- "$2")) ;;
        group) COMPREPLY=($(compgen -g -- "$2")) ;;
        =*) IFS=$',\\n'; COMPREPLY=($(compgen -W "\${1#=}" -- "$2")) ;;
    esac
}

_${program}() {
    local word=\${COMP_WORDS[COMP_CWORD]} options= argument=text kinds= i
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        _${program}_offer ${single(`=${[...commands.map(({name}) => name), '--help', '--version'].join(',')}`)} "$word"
        return
    fi
    case \${COMP_WORDS[1]} in
${commandCases(commands).join('\n')}
        *) return ;;
    esac
    # Which value of which option is at the cursor: bash takes --name=value for three words.
    for ((i = 2; i < COMP_CWORD; i++)); do
        case \${COMP_WORDS[i]} in
            = | :) ;;
            --*) [ -n "$kinds" ] && kinds=\${kinds#* } || _${program}_kinds "\${COMP_WORDS[i]}" ;;
            *) case $kinds in *' '*) kinds=\${kinds#* } ;; *) kinds= ;; esac ;;
        esac
    done
    [ "$word" != = ] || word=
    if [ -n "$kinds" ]; then
        _${program}_offer "\${kinds%% *}" "$word"
    elif [[ $word == -* ]]; then
        local IFS=$' \\n'
        COMPREPLY=($(compgen -W "$options" -- "$word"))
    else
        _${program}_offer "$argument" "$word"
    fi
}

complete -F _${program} ${program}
`;
}
