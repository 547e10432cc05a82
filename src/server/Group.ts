import type { Message, MessageNameOf, Protocol } from "../Protocol";
import type { WaitOptions } from "../replies/ReplyTimeout";
import { markHandled } from "../timers/promises";
import type { BroadcastOptions } from "./broadcasts/BroadcastOptions";
import type { GroupCount, GroupMembers } from "./cluster/Presence";
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

    /**
     * Counts the sessions of the group on all servers of the cluster, by a request to each. Servers that do not respond, or fail,
     * are `missing`. Without the option `cluster`, counts those of this server.
     *
     * Rejects with `ERR_CLUSTER_DEGRADED` if the engine does not work at the time of the call.
     *
     * @example const { clients, missing } = await server.group("lobby").count({ timeout: 500 });
     */
    count(options?: WaitOptions | null): Promise<GroupCount> {
        return markHandled(this.#server._presence.count(this.name, options));
    }

    /**
     * Lists the sessions of the group on all servers, as `count()` counts them. A server whose list exceeds the largest message of
     * the engine is `missing`.
     *
     * @example for (const { id } of (await server.group("lobby").members()).sessions) await server.session(id).kill();
     */
    members(options?: WaitOptions | null): Promise<GroupMembers> {
        return markHandled(this.#server._presence.members(this.name, options));
    }
}
