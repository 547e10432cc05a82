import type { Socket } from "node:net";
import type { ReceiveMeta, SockhopRequest, SockhopResponseWriteableStream } from "../../index";
import type { Output } from "../terminal/Output";
import { errorMessage } from "../terminal/formatError";
import type { Responder } from "./replies";

/** Sender of a message. */
export interface MessageSource {
    /** Endpoint, or the label if there is none. */
    from: string;
    /** Short name in readable output. Unset for a client, which has only one peer. */
    label?: string;
    /** Returns the value to reply with. Unset: no replies. */
    respond: Responder | undefined;
}

/** Prints a received message, and replies to it if it has a callback and `respond` is set. Never throws. */
export function printMessage(
    output: Output,
    data: unknown,
    { type, callback }: ReceiveMeta,
    { from, label, respond }: MessageSource,
    socket: Socket | null,
): void {
    output.printMessage({ type, data, from, ...(callback && { question: "callback" }) }, label);
    pauseWhileOverLimit(output, socket);
    if (!respond || !callback) return;
    try {
        callback(respond(data, type));
    } catch (error) {
        if (!socket?.destroyed) output.printError(replyError("callback", label, error)); // such as a value nested too deeply
    }
}

/** Prints a received request, and responds to it: with a value, or with an error if `respond` is not set. Never rejects. */
export async function printRequest(
    output: Output,
    { data, type }: SockhopRequest,
    response: SockhopResponseWriteableStream,
    { from, label, respond }: MessageSource,
    socket: Socket | null,
): Promise<void> {
    output.printMessage({ type, data, from, question: "request" }, label);
    pauseWhileOverLimit(output, socket);
    try {
        if (respond) await response.send(respond(data, type));
        else await response.fail(new Error("The sockhop command responds to requests only with --echo or --reply"));
    } catch (error) {
        if (!socket?.destroyed) output.printError(replyError("request", label, error));
        await response.fail(new Error("The value of this request cannot be sent back")).catch(() => undefined);
    }
}

/** Error for a reply that could not be sent. */
function replyError(kind: "callback" | "request", label: string | undefined, cause: unknown): Error {
    const sender = label === undefined ? "" : ` of ${label}`;
    return new Error(`cannot reply to a ${kind}${sender}: ${errorMessage(cause)}`, { cause });
}

/** Pauses a socket until the output has printed its backlog. */
function pauseWhileOverLimit(output: Output, socket: Socket | null): void {
    if (!socket || !output.isOverLimit || socket.isPaused()) return;
    socket.pause();
    output.onceDrained(() => {
        socket.resume();
    });
}
