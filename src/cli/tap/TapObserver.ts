import type net from "node:net";
import type { TappedMessage } from "../../inspect/frames/parseFrame";
import type { Side } from "../../inspect/protocol";

/** Observes the connections of a {@link TapProxy}. Never throws. */
export interface TapObserver {
    /** False if messages need not be parsed. */
    readonly isNeeded: boolean;
    /** True if connections have to wait. */
    readonly needsDrain: boolean;
    /** Calls back when connections need not wait any more. */
    onceDrained(callback: () => void): void;
    /** Called with the messages of a chunk. */
    add(connection: number, from: Side, messages: readonly TappedMessage[]): void;
    /** Called for a client, when its connection to the target is established, and when both are closed. */
    onConnection?(connection: number, client: net.Socket): void;
    onTarget?(connection: number, target: net.Socket): void;
    onClose?(connection: number): void;
    /** Called for each chunk. */
    onBytes?(connection: number, from: Side, bytes: number): void;
    onError?(connection: number, error: unknown): void;
}
