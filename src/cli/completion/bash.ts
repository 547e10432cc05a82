import { type CompletedCommand, type CompletedOption, type Grammar, NAMES_COMMAND, quote } from "./grammar";

/** Writes the completion script for bash 3.2 and newer. */
export function bashScript({ commands, options }: Grammar): string {
    const names = commands.map(({ name }) => name);
    return `# Completion of sockhop for bash. In ~/.bashrc: source <(sockhop completion bash)
_sockhop() {
    local command=\${COMP_WORDS[1]} previous=\${COMP_WORDS[COMP_CWORD - 1]} current=\${COMP_WORDS[COMP_CWORD]} words=
    if ((COMP_CWORD == 1)); then
        words=${list([...names, ...flagsOf(options)])}
    else
        case $command:$previous in
            ${valueCases(commands).join("\n            ")}
            *)
                case $command:$current in
                    ${commands.flatMap(wordCases).join("\n                    ")}
                esac
                ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# Without words, bash completes files.
complete -o default -F _sockhop sockhop
`;
}

/** Cases for the values of options: one for all options with the same values. */
function valueCases(commands: CompletedCommand[]): string[] {
    const patterns = new Map<string, string[]>();
    for (const { name, options } of commands) {
        for (const { flags, value } of options) {
            if (value === "none") continue;
            const action = actionOf(value);
            const same = patterns.get(action) ?? [];
            patterns.set(action, [...same, ...flags.map((flag) => `${name}:${flag}`)]);
        }
    }
    return [...patterns].map(([action, flags]) => `${flags.join(" | ")}) ${action};;`);
}

function actionOf(value: CompletedOption["value"]): string {
    if (value === "name") return `words=$(${NAMES_COMMAND}) `;
    return typeof value === "string" ? "" : `words=${list(value)} `;
}

/** Cases for options and arguments. */
function wordCases({ name, options, words }: CompletedCommand): string[] {
    const cases = [`${name}:-*) words=${list(flagsOf(options))} ;;`];
    return words.length === 0 ? cases : [...cases, `${name}:*) words=${list(words)} ;;`];
}

function flagsOf(options: CompletedOption[]): string[] {
    return options.flatMap(({ flags }) => flags);
}

function list(words: readonly string[]): string {
    return quote(words.join(" "));
}
