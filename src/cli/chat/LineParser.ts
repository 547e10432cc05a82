import { parseNamedValue, withTypeName } from "../arguments/values";
import { UsageError } from "../errors";
import type { Output } from "../terminal/Output";
import type { ReplCommands } from "./repl";

/** Options that set how lines become values. */
export interface LineFlags {
    type?: string;
    json?: true;
}

/** Converts lines to values. Their class name is that of the line, otherwise that of `/type` or `--type`. */
export class LineParser {
    #type: string | undefined;
    readonly #plainJson: boolean;

    constructor({ type, json }: LineFlags) {
        this.#plainJson = json === true;
        this.#setType(type);
    }

    parse(text: string): unknown {
        const { value, type } = parseNamedValue(text, this.#type);
        if (type !== undefined) this.#assertTyped();
        return withTypeName(value, type);
    }

    /** The command `/type`. */
    commands(output: Output): ReplCommands {
        const run = (type: string): void => {
            this.#setType(type === "" ? undefined : type);
            output.printNote(type === "" ? "values have no class name" : `values have the class name ${type}`);
        };
        return { "/type [CLASS]": { help: "sets the class name of the next values, or none", run } };
    }

    #setType(type: string | undefined): void {
        if (type !== undefined) this.#assertTyped();
        this.#type = type;
    }

    /** @throws {@link UsageError} if the peer cannot receive class names */
    #assertTyped(): void {
        if (this.#plainJson) throw new UsageError("a --json peer cannot receive a class name");
    }
}
