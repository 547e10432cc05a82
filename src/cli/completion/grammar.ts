import type { Command, Option } from "commander";

/** Kind of the word after an option: none, a file, the name of a running program, one of some words, or any text. */
export type OptionValue = "none" | "file" | "name" | "text" | readonly string[];

/** An option, as a shell completes it. */
export interface CompletedOption {
    /** The short form, if there is one, and the long form. */
    flags: string[];
    description: string;
    value: OptionValue;
}

/** A command, as a shell completes it. */
export interface CompletedCommand {
    name: string;
    description: string;
    options: CompletedOption[];
    /** Words for the first argument. Without any, it is a file: endpoints may be paths. */
    words: readonly string[];
}

/** Words that a shell completes: everything that the help lists. */
export interface Grammar {
    commands: CompletedCommand[];
    /** Options before a command. */
    options: CompletedOption[];
}

/** Reads commands and options from the definition of a program. */
export function grammarOf(program: Command): Grammar {
    const help = program.createHelp();
    const optionsOf = (command: Command): CompletedOption[] => help.visibleOptions(command).map(completedOption);
    const commands = help.visibleCommands(program);
    return {
        options: optionsOf(program),
        commands: commands.map((command) => ({
            name: command.name(),
            description: command.summary() || command.description(),
            options: optionsOf(command),
            words:
                command.name() === "help"
                    ? commands.map((each) => each.name())
                    : (command.registeredArguments[0]?.argChoices ?? []),
        })),
    };
}

function completedOption(option: Option): CompletedOption {
    const { short, long, description } = option;
    return { flags: [short, long].filter((flag) => flag !== undefined), description, value: valueOf(option) };
}

/** The placeholder in the flags, such as `<file>`, says what an option takes. */
function valueOf({ flags, required, optional, argChoices }: Option): OptionValue {
    if (!required && !optional) return "none";
    if (argChoices) return argChoices;
    if (flags.endsWith("<file>")) return "file";
    return flags === "--name <name>" ? "name" : "text";
}

/** Command that prints the names of the running programs of this user. */
export const NAMES_COMMAND = "sockhop ls --bare 2>/dev/null";

/** Quotes a text for bash and zsh. */
export function quote(text: string): string {
    return `'${text.replaceAll("'", "'\\''")}'`;
}
