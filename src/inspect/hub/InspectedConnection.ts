import { detach } from "../../runtime/detach";
import type { ConnectionRow, Side } from "../protocol";

/** Members of a connection that are known when it is added. */
export type ConnectionInfo = Pick<ConnectionRow, "role" | "peer" | "endpoint"> &
    Partial<Pick<ConnectionRow, "session" | "codec" | "state" | "since">>;

/** Longest text of a row. Peers choose some of them. */
const MAX_TEXT = 200;

/** Connection that is inspected: the counters of its row. */
export class InspectedConnection {
    readonly row: ConnectionRow;
    /** True if the row has changed since the last update. */
    hasChanged = true;
    /** True if the page has the row. */
    isListed = false;

    constructor(id: number, { role, peer, endpoint, session, codec, state = "open", since }: ConnectionInfo) {
        this.row = {
            id,
            role,
            peer: short(peer),
            endpoint: short(endpoint),
            ...(session !== undefined && { session: short(session) }),
            ...(codec !== undefined && { codec: short(codec) }),
            state,
            since: since ?? Date.now(),
            messages: [0, 0],
            bytes: [0, 0],
            waiting: 0,
            pending: 0,
            resumes: 0,
        };
    }

    get id(): number {
        return this.row.id;
    }

    /** Changes members of the row. */
    set(members: Partial<ConnectionRow>): void {
        const { row } = this;
        for (const [key, value] of Object.entries(members)) {
            const name = key as keyof ConnectionRow;
            if (row[name] === value) continue;
            Object.assign(row, { [name]: typeof value === "string" ? short(value) : value });
            this.hasChanged = true;
        }
    }

    setGroups(groups: readonly string[]): void {
        if (groups.join("\0") === this.row.groups?.join("\0")) return;
        this.row.groups = groups.map(short);
        this.hasChanged = true;
    }
}

/** Index of a side in a count for each side. */
export function sideIndex(side: Side): 0 | 1 {
    return side === "client" ? 0 : 1;
}

function short(text: string): string {
    return text.length <= MAX_TEXT ? text : `${detach(text.slice(0, MAX_TEXT - 1))}…`;
}
