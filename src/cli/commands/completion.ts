import { Argument, Command } from "commander";
import { examples } from "../arguments/examples";
import { bashScript } from "../completion/bash";
import { fishScript } from "../completion/fish";
import { type Grammar, grammarOf } from "../completion/grammar";
import { zshScript } from "../completion/zsh";
import { type CommandContext, runCommand } from "../run/runCommand";

const SCRIPTS: Readonly<Record<string, (grammar: Grammar) => string>> = {
    bash: bashScript,
    zsh: zshScript,
    fish: fishScript,
};

/** @param createProgram - creates the program with all of its commands */
export function completionCommand(createProgram: () => Promise<Command>): Command {
    const print = async ({ output }: CommandContext, _flags: object, shell: string): Promise<number> => {
        output.printLine(SCRIPTS[shell]?.(grammarOf(await createProgram())).trimEnd() ?? "");
        return 0;
    };
    return new Command("completion")
        .description("Print a script that completes the commands and options of sockhop in a shell.")
        .summary("print a script for the Tab key of a shell")
        .addArgument(new Argument("<shell>", "shell that runs the script").choices(Object.keys(SCRIPTS)))
        .action(runCommand(print))
        .addHelpText(
            "after",
            examples(
                ["source <(sockhop completion bash)", "line for ~/.bashrc"],
                ["source <(sockhop completion zsh)", "line for ~/.zshrc, after compinit"],
                ["sockhop completion fish | source", "line for ~/.config/fish/config.fish"],
            ),
        );
}
