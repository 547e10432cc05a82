import type { Socket } from "node:net";
import type { ReceiveMeta, SockhopRequest, SockhopResponseWriteableStream } from "../../index";
import { withTypeName } from "../arguments/values";
import { errorMessage } from "../terminal/formatError";
import type { Output } from "../terminal/Output";

/** Whom something comes from, and what to do with it. */
export interface MessageSource {
    /** For programs. */
    from: string;
    /** For people; none where it can only be one. */
    label?: string;
    /** Answer what asks, with what it has brought. */
    echo: boolean;
}

/** A message has come in. Never throws. */
export function printMessage(
    output: Output,
    data: unknown,
    { type, callback }: ReceiveMeta,
    { from, label, echo }: MessageSource,
    socket: Socket | null,
): void {
    output.printMessage({ type, data, from, ...(callback && { question: "callback" }) }, label);
    pauseWhileOverLimit(output, socket);
    if (!echo || !callback) return;
    try {
        callback(withTypeName(data, type));
    } catch (error) {
        if (!socket?.destroyed) output.printError(replyError("callback", label, error)); // such as one nested too deeply
    }
}

/** A request has come in. Never rejects. */
export async function printRequest(
    output: Output,
    { data, type }: SockhopRequest,
    response: SockhopResponseWriteableStream,
    { from, label, echo }: MessageSource,
    socket: Socket | null,
): Promise<void> {
    output.printMessage({ type, data, from, question: "request" }, label);
    pauseWhileOverLimit(output, socket);
    try {
        if (echo) await response.send(withTypeName(data, type));
        else await response.fail(new Error("The sockhop command answers requests only with --echo"));
    } catch (error) {
        if (!socket?.destroyed) output.printError(replyError("request", label, error));
        await response
            .fail(new Error("This request cannot be answered with what it has brought"))
            .catch(() => undefined);
    }
}

/** What has kept an answer back. */
function replyError(question: string, label: string | undefined, cause: unknown): Error {
    const whose = label === undefined ? "" : ` of ${label}`;
    return new Error(`a ${question}${whose} was not answered: ${errorMessage(cause)}`, { cause });
}

/** Reads no more from a peer while the output has too much to print. */
function pauseWhileOverLimit(output: Output, socket: Socket | null): void {
    if (!socket || !output.isOverLimit || socket.isPaused()) return;
    socket.pause();
    output.onceDrained(() => {
        socket.resume();
    });
}
