import type { DisconnectReason } from "../../index";
import { CommandError, errorCode } from "../errors";
import { errorMessage } from "../terminal/formatError";
import type { Output } from "../terminal/Output";
import { unacknowledgedText } from "./resumeText";

/** Reasons that are not printed: one of the ends has closed the connection as usual. */
const USUAL: readonly DisconnectReason["code"][] = ["PEER_ENDED", "CLOSED"];

/**
 * Prints the errors of one connection. A peer that is not sockhop sends a bad frame per line, so only the first one in a row is
 * printed.
 */
export class ConnectionErrors {
    readonly #output: Output;
    readonly #label: string;
    readonly #hint: string;
    #badFrames = 0;
    #isPrinted = false;

    /**
     * @param label - name of the connection, empty if there is only one
     * @param json - true if the peer should send plain JSON already
     */
    constructor(output: Output, label: string, { json }: { json?: true }) {
        this.#output = output;
        this.#label = label && `${label}: `;
        this.#hint = json ? "" : "; if the peer does not use sockhop, try --json";
    }

    /** Prints an error, unless it is a further bad frame in a row. */
    print(error: Error): void {
        const isBadFrame = errorCode(error) === "ERR_OBJECTBUFFER_BAD_BUFFER_DATA";
        if (isBadFrame) this.#badFrames += 1;
        if (isBadFrame && this.#isPrinted) return;
        this.#isPrinted = isBadFrame;
        const hint = isBadFrame ? this.#hint : "";
        const text = this.#label + errorMessage(error) + hint;
        this.#output.printError(new CommandError(text, undefined, error));
    }

    /** Ends a row of bad frames: a valid message has arrived. */
    endRow(): void {
        this.#isPrinted = false;
    }

    /** Ends the connection: returns its reason and the number of bad frames as the end of a status line, if there is any. */
    summary({ code, error }: DisconnectReason): string {
        const count = this.#badFrames;
        this.#badFrames = 0;
        this.#isPrinted = false;
        const reason = USUAL.includes(code) ? "" : ` (${code}${unacknowledgedText(error)})`;
        return count === 0 ? reason : `${reason} after ${count} bad frame${count === 1 ? "" : "s"}`;
    }
}
