import { type CompletedCommand, type CompletedOption, type Grammar, NAMES_COMMAND, quote } from "./grammar";

/** Writes the completion script for zsh: to be sourced, or stored as `_sockhop` in a folder of `fpath`. */
export function zshScript({ commands, options }: Grammar): string {
    const names = commands.map(({ name, description }) => quote(`${name}:${description}`));
    return `#compdef sockhop
# Completion of sockhop for zsh. In ~/.zshrc, after compinit: source <(sockhop completion zsh)
_sockhop() {
    local command=$words[2]
    if ((CURRENT == 2)); then
        local -a commands=(
            ${names.join("\n            ")}
        )
        _describe command commands
        _arguments ${options.map(specOf).join(" ")}
        return
    fi
    shift words
    ((CURRENT--))
    case $command in
${commands.map(caseOf).join("\n")}
    esac
}
if [[ $funcstack[1] == _sockhop ]]; then _sockhop "$@"; else compdef _sockhop sockhop; fi
`;
}

/** Arguments of `_arguments` for one command. */
function caseOf({ name, options, words }: CompletedCommand): string {
    const argument = words.length > 0 ? `'1:argument:(${words.join(" ")})'` : "'*:argument:_files'";
    const specs = [...options.map(specOf), argument];
    return `        ${name})
            _arguments \\
                ${specs.join(" \\\n                ")}
            ;;`;
}

/** Describes an option for `_arguments`, such as `'(-c --count)'{-c,--count}'[number of pings]:value:'`. */
function specOf({ flags, description, value }: CompletedOption): string {
    const names = flags.length > 1 ? `'(${flags.join(" ")})'{${flags.join(",")}}` : String(flags[0]);
    return names + quote(`[${description.replace(/[\\[\]]/g, "\\$&")}]${actionOf(value)}`);
}

function actionOf(value: CompletedOption["value"]): string {
    if (value === "none") return "";
    if (value === "file") return ":file:_files";
    if (value === "name") return `:name:($(${NAMES_COMMAND}))`;
    return value === "text" ? ":value:" : `:value:(${value.join(" ")})`;
}
