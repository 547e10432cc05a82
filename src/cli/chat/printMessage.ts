import type { Socket } from "node:net";
import type { ReceiveMeta, SockhopRequest, SockhopResponseWriteableStream } from "../../index";
import { typed } from "../arguments/values";
import { messageOf } from "../terminal/formatError";
import type { Output } from "../terminal/Output";

/** Whom something comes from, and what to do with it. */
export interface Source {
    /** For programs. */
    from: string;
    /** For people; none where it can only be one. */
    label?: string;
    /** Answer what asks, with what it has brought. */
    echo: boolean;
}

/** A message has come in. Never throws. */
export function received(
    screen: Output,
    data: unknown,
    { type, callback }: ReceiveMeta,
    { from, label, echo }: Source,
    socket: Socket | null,
): void {
    screen.arrived({ type, data, from, ...(callback && { question: "callback" }) }, label);
    holdBack(screen, socket);
    if (!echo || !callback) return;
    try {
        callback(typed(data, type));
    } catch (error) {
        if (!socket?.destroyed) screen.fault(unanswered("callback", label, error)); // such as one nested too deeply
    }
}

/** A request has come in. Never rejects. */
export async function requested(
    screen: Output,
    { data, type }: SockhopRequest,
    response: SockhopResponseWriteableStream,
    { from, label, echo }: Source,
    socket: Socket | null,
): Promise<void> {
    screen.arrived({ type, data, from, question: "request" }, label);
    holdBack(screen, socket);
    try {
        if (echo) await response.send(typed(data, type));
        else await response.fail(new Error("The sockhop command answers requests only with --echo"));
    } catch (error) {
        if (!socket?.destroyed) screen.fault(unanswered("request", label, error));
        await response
            .fail(new Error("This request cannot be answered with what it has brought"))
            .catch(() => undefined);
    }
}

/** What has kept an answer back. */
function unanswered(question: string, label: string | undefined, cause: unknown): Error {
    const whose = label === undefined ? "" : ` of ${label}`;
    return new Error(`a ${question}${whose} was not answered: ${messageOf(cause)}`, { cause });
}

/** Reads no more from a peer while the output has too much to print. */
function holdBack(screen: Output, socket: Socket | null): void {
    if (!socket || !screen.isBehind || socket.isPaused()) return;
    socket.pause();
    screen.onceDrained(() => {
        socket.resume();
    });
}
