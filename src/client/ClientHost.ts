import type { Socket } from "node:net";
import type { Connection } from "../connection/Connection";
import type { DisconnectReason } from "../connection/DisconnectReason";
import type { Agreeing } from "../mixins/Agreement";
import type { Greeter } from "../mixins/Greetings";
import type { Resuming } from "../mixins/Resume";
import type { Pauses } from "../timers/backoff";
import type { Address } from "../transport/Address";
import type { ServerList } from "./connecting/ServerList";

/** Client, for the classes that connect it. */
export interface ClientHost {
    /** Address to connect to, read at each attempt. */
    readonly target: Address;
    /** Servers of the option, one of which is the target. */
    readonly servers: ServerList | undefined;
    /** Name that the certificate of the target must have, if the option `servers` has one. */
    readonly servername: string | undefined;
    /** Milliseconds for one attempt. */
    readonly connectTimeout: number;
    /** Name of the codec of the option. */
    readonly codecName: string | undefined;
    /** Delay between two attempts. */
    readonly reconnectDelay: Pauses;
    /** True if a lost connection is followed by another one. */
    readonly reconnects: boolean;
    readonly greets: boolean;
    readonly greet: Greeter["_greet"];
    readonly isAgreeing: Agreeing["_isAgreeing"];
    /** Adds the connection of a socket. */
    attach(socket: Socket): Connection;
    read(connection: Connection): void;
    onData(connection: Connection, chunk: Buffer, length: number): void;
    /** @returns false if the connection was closed at once */
    onOpen(connection: Connection): boolean;
    /** Handles the end of a connection that was never open, and is closed. */
    onClose(connection: Connection): void;
    /** Ends an interrupted connection. */
    readonly notResumed: Resuming["_notResumed"];
    close(connection: Connection, reason: DisconnectReason): void;
    /** Closes a connection at once. */
    destroy(connection: Connection): void;
}
