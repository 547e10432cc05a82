import { type CompletedOption, type Grammar, NAMES_COMMAND } from "./grammar";

const COMPLETE = "complete -c sockhop";

/** Condition for words before the command. */
const NO_COMMAND = "-n __fish_use_subcommand";

/** Writes the completion script for fish. */
export function fishScript({ commands, options }: Grammar): string {
    const lines = [
        "# Completion of sockhop for fish. In ~/.config/fish/config.fish: sockhop completion fish | source",
        `${COMPLETE} ${NO_COMMAND} -f`,
        ...options.map((option) => `${COMPLETE} ${NO_COMMAND} ${optionOf(option)}`),
    ];
    for (const { name, description, options, words } of commands) {
        const condition = `-n '__fish_seen_subcommand_from ${name}'`;
        lines.push(`${COMPLETE} ${NO_COMMAND} -a ${name} -d ${quote(description)}`);
        lines.push(...options.map((option) => `${COMPLETE} ${condition} ${optionOf(option)}`));
        if (words.length > 0) lines.push(`${COMPLETE} ${condition} -f -a ${quote(words.join(" "))}`);
    }
    return `${lines.join("\n")}\n`;
}

function optionOf({ flags, description, value }: CompletedOption): string {
    const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
    return `${names.join(" ")} ${valueOf(value)}-d ${quote(description)}`;
}

function valueOf(value: CompletedOption["value"]): string {
    if (value === "none") return "";
    if (value === "file") return "-r -F ";
    if (value === "name") return `-x -a ${quote(`(${NAMES_COMMAND})`)} `;
    return value === "text" ? "-x " : `-x -a ${quote(value.join(" "))} `;
}

/** Quotes a text for fish, where a backslash escapes a quote inside quotes. */
function quote(text: string): string {
    return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
