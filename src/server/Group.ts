import type { Message, MessageNameOf, Protocol } from "../Protocol";
import type { BroadcastOptions } from "./BroadcastOptions";
import type { SockhopServer } from "./SockhopServer";
import type { SockhopSession } from "./SockhopSession";

/**
 * Sessions of a server that have joined a group by its name: see {@link SockhopServer.group}. The object has no state of its own;
 * keep it, or get another one, as you like.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol messages are not checked
export class Group<P extends Protocol = any, out S extends SockhopSession<P> = SockhopSession<P>> {
    // Classes of a server make no difference to a group.
    // eslint-disable-next-line @typescript-eslint/no-explicit-any
    readonly #server: SockhopServer<P, S, any>;

    /** @internal */
    constructor(
        // eslint-disable-next-line @typescript-eslint/no-explicit-any
        server: SockhopServer<P, S, any>,
        readonly name: string,
    ) {
        this.#server = server;
    }

    /** Sessions of the group, in the order in which they have joined. A new array each time. */
    get sessions(): S[] {
        return this.#server._membersOf(this.name).map(({ session }) => session as S);
    }

    /**
     * Sends a value to the clients of the group. Options, result and errors are those of {@link SockhopServer.sendall}.
     *
     * Clients of several groups get the values of one tick in the order of the calls.
     *
     * @returns resolves to an array with one `undefined` for each connection, `[]` for a group without connections
     * @example await server.group("lobby").sendall({ text: "hello" }, { except: session });
     */
    sendall<V extends Message<P, "server">>(
        value: V,
        options?: BroadcastOptions<MessageNameOf<P, "server", V>> | null,
    ): Promise<undefined[]> {
        return this.#server._broadcasts.sendall(value, options, this.name);
    }
}
