import type net from "node:net";
import { peerOf } from "../../inspect/program/endpoints";
import type { Hub, InspectedConnection } from "../../inspect/index";
import type { TappedMessage } from "../../inspect/frames/parseFrame";
import { MAX_ID } from "../../inspect/hub/ReplyTimes";
import { errorCode } from "../errors";
import { errorMessage } from "../terminal/formatError";
import type { Side } from "../../inspect/protocol";
import { OTHER_SIDE } from "../tap/TapCodec";
import type { TapLog } from "../tap/TapLog";
import type { TapObserver } from "../tap/TapObserver";

/** A connection through the tap. */
interface Tapped {
    readonly inspected: InspectedConnection;
    readonly client: net.Socket;
    target: net.Socket | undefined;
    /** Calls and requests without a reply. */
    pending: number;
    /** Newest ping of each side that has no pong. */
    readonly pings: Partial<Record<Side, { id: string; time: number }>>;
}

/** Passes the connections and messages of a tap to a hub, and to the record file. */
export class TapFeed implements TapObserver {
    readonly isNeeded = true;
    readonly #hub: Hub;
    readonly #log: TapLog;
    readonly #target: string;
    readonly #connections = new Map<number, Tapped>();

    /** @param target - name of the target */
    constructor(hub: Hub, log: TapLog, target: string) {
        this.#hub = hub;
        this.#log = log;
        this.#target = target;
        hub.onRefresh = () => {
            for (const tapped of this.#connections.values()) refresh(tapped);
        };
    }

    get needsDrain(): boolean {
        return this.#log.needsDrain;
    }

    onceDrained(callback: () => void): void {
        this.#log.onceDrained(callback);
    }

    onConnection(connection: number, client: net.Socket): void {
        const inspected = this.#hub.opened({ role: "tap", peer: peerOf(client), endpoint: this.#target });
        this.#connections.set(connection, { inspected, client, target: undefined, pending: 0, pings: {} });
    }

    onTarget(connection: number, target: net.Socket): void {
        const tapped = this.#connections.get(connection);
        if (tapped) tapped.target = target;
    }

    onClose(connection: number): void {
        const tapped = this.#connections.get(connection);
        if (!tapped) return;
        this.#connections.delete(connection);
        this.#hub.closed(tapped.inspected);
    }

    onBytes(connection: number, from: Side, bytes: number): void {
        const tapped = this.#connections.get(connection);
        if (tapped) this.#hub.addBytes(tapped.inspected, from, bytes);
    }

    onError(connection: number, error: unknown): void {
        const tapped = this.#connections.get(connection);
        const code = errorCode(error);
        this.#hub.problem({
            text: errorMessage(error),
            ...(tapped && { connection: tapped.inspected.id }),
            ...(code !== undefined && { code }),
        });
    }

    add(connection: number, from: Side, messages: readonly TappedMessage[]): void {
        this.#log.add(connection, from, messages);
        const tapped = this.#connections.get(connection);
        if (!tapped || messages.length === 0) return;
        this.#hub.addMessages(tapped.inspected, from, messages.length);
        for (const message of messages) {
            follow(tapped, from, message);
            this.#hub.message(tapped.inspected, from, () => message);
        }
    }
}

/** Reads what the sockets know. */
function refresh({ inspected, client, target, pending }: Tapped): void {
    inspected.set({ pending, waiting: client.writableLength + (target?.writableLength ?? 0) });
}

/** Updates the state of a connection by a message. */
function follow(tapped: Tapped, from: Side, { kind, id, last, codec, error }: TappedMessage): void {
    switch (kind) {
        case "question":
        case "request":
            tapped.pending += 1;
            break;
        case "answer":
            tapped.pending = Math.max(0, tapped.pending - 1);
            break;
        case "response":
            if (last === true || error !== undefined) tapped.pending = Math.max(0, tapped.pending - 1);
            break;
        case "ping":
            if (typeof id === "string" && id.length <= MAX_ID) tapped.pings[from] = { id, time: performance.now() };
            break;
        case "pong": {
            const ping = tapped.pings[OTHER_SIDE[from]];
            if (ping !== undefined && ping.id === id)
                tapped.inspected.set({ roundTrip: performance.now() - ping.time });
            break;
        }
        case "resume":
            if (from === "client") tapped.inspected.set({ resumes: tapped.inspected.row.resumes + 1 });
            break;
        default:
    }
    if (codec !== undefined) tapped.inspected.set({ codec });
}
