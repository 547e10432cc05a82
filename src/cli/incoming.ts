import type { ReceiveMeta, SockhopRequest, SockhopResponseWriteableStream } from "../index";
import type { Screen } from "./screen";
import { typed } from "./values";

/** Whom something comes from, and what to do with it. */
export interface Source {
    /** For programs. */
    from: string;
    /** For people; none where it can only be one. */
    label?: string;
    /** Answer what asks, with what it has brought. */
    echo: boolean;
}

/** A message has come in. */
export function received(screen: Screen, data: unknown, { type, callback }: ReceiveMeta, source: Source): void {
    const { from, label, echo } = source;
    screen.arrived({ type, data, from, ...(callback && { question: "callback" }) }, label);
    if (echo) callback?.(typed(data, type));
}

/** A request has come in. */
export async function requested(
    screen: Screen,
    { data, type }: SockhopRequest,
    response: SockhopResponseWriteableStream,
    { from, label, echo }: Source,
): Promise<void> {
    screen.arrived({ type, data, from, question: "request" }, label);
    if (echo) await response.send(typed(data, type));
    else await response.fail(new Error("The sockhop command answers requests only with --echo"));
}
