import type { ResumeInfo } from "../../index";
import { formatNumber } from "../terminal/format";
import { errorMessage } from "../terminal/formatError";

/** Status line for a connection that has lost its socket, and may be resumed. */
export function interruptedText(error: Error): string {
    return `interrupted: ${errorMessage(error)}`;
}

/** Status line for a connection that has another socket. */
export function resumedText({ missed, replayed, duration }: ResumeInfo): string {
    return `resumed after ${formatNumber(duration / 1000)} s: ${replayed} sent again, ${missed} missed`;
}

/** Number of messages that a connection may have lost, as the end of a status line; empty if there are none. */
export function unacknowledgedText(error: (Error & { unacknowledged?: number }) | undefined): string {
    const count = error?.unacknowledged ?? 0;
    return count === 0 ? "" : `, ${count} ${count === 1 ? "message" : "messages"} not acknowledged`;
}
