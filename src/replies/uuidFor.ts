import { uuidOf, uuidv4 } from "../protocol/uuid";
import { NO_ID, type PendingEntry } from "./PendingTable";

/**
 * Uuid of a call or request. Creates its id if it has none.
 *
 * @param token - see {@link uuidOf}, for an id that is a number
 */
export function uuidFor(reply: PendingEntry & { id: string | number }, token: string): string {
    if (reply.id === NO_ID) reply.id = uuidv4();
    return typeof reply.id === "string" ? reply.id : uuidOf(token, reply.id);
}
