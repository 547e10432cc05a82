import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { detach } from "../runtime/detach";
import { SockhopError, notConnectedError } from "../SockhopError";
import { handledRejection } from "../timers/promises";
import type { Constructor } from "./mixin";

/** Maximum number of characters of the name of a group. */
const MAX_NAME_LENGTH = 200;

/** Members that {@link Groups} adds to a server. */
export interface Grouping {
    /**
     * Adds a connection to a group. Rejects with `ERR_BAD_OPTION` for an invalid name, and with `ERR_SOCKET_DESTROYED` if the
     * connection has closed or its session is ending.
     *
     * @internal
     */
    _join(connection: Connection, name: unknown): Promise<void>;

    /**
     * Removes a connection from a group. Has no effect if it is no member. Rejects with `ERR_BAD_OPTION` for an invalid name.
     *
     * @internal
     */
    _leave(connection: Connection, name: unknown): Promise<void>;

    /**
     * Names of the groups of a connection; of a closed one until `disconnect` was emitted. A new set each time.
     *
     * @internal
     */
    _groupsOf(connection: Connection): Set<string>;

    /**
     * Connections of a group whose session has started, in the order in which they have joined. A new array each time.
     *
     * @internal
     */
    _membersOf(name: string): Connection[];
}

/**
 * Adds groups: named sets of connections. Both tables have entries only for connections with groups and groups with
 * connections, so others need no memory.
 */
export function Groups<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Grouping> {
    abstract class Groups extends Base implements Grouping {
        readonly #members = new Map<string, Set<Connection>>();
        readonly #names = new Map<Connection, Set<string>>();

        // Promises, since a cluster may have to know of it. Not `async`: the rejection of `_join` may be ignored.
        _join(connection: Connection, given: unknown): Promise<void> {
            try {
                const name = groupName(given);
                if (!this.#canJoin(connection)) return lost(connection);
                this.#add(connection, name);
                return Promise.resolve();
            } catch (error) {
                return Promise.reject(error);
            }
        }

        // eslint-disable-next-line @typescript-eslint/require-await -- as `_join`
        async _leave(connection: Connection, given: unknown): Promise<void> {
            const name = groupName(given);
            const names = this.#names.get(connection);
            if (!names?.delete(name)) return;
            if (names.size === 0) this.#names.delete(connection);
            this.#remove(connection, name);
        }

        _groupsOf(connection: Connection): Set<string> {
            return new Set(this.#names.get(connection));
        }

        _membersOf(name: string): Connection[] {
            const members = this.#members.get(name);
            return members ? [...members].filter(({ state }) => state !== "pending") : [];
        }

        #canJoin(connection: Connection): boolean {
            return connection.endpoint === this && connection.state !== "closed" && !connection.sessionEnd;
        }

        #add(connection: Connection, given: string): void {
            let names = this.#names.get(connection);
            if (!names) this.#names.set(connection, (names = new Set()));
            if (names.has(given)) return;
            const name = detach(given);
            names.add(name);
            const members = this.#members.get(name);
            if (members) members.add(connection);
            else this.#members.set(name, new Set([connection]));
        }

        #remove(connection: Connection, name: string): void {
            const members = this.#members.get(name);
            members?.delete(connection);
            if (members?.size === 0) this.#members.delete(name);
        }

        /** Leaves all groups. Their names are kept for `end()` of the session and for handlers of `disconnect`. */
        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            const names = this.#names.get(connection);
            if (names) for (const name of names) this.#remove(connection, name);
            super._onClose(connection, wasOpen);
            if (!names) return;
            connection.afterSession(() => {
                this.#names.delete(connection);
            });
        }
    }
    return Groups;
}

/** The end of the connection is reported by `disconnect`, so the rejection needs no handler. */
function lost({ error }: Connection): Promise<never> {
    return handledRejection(notConnectedError(error, "The connection of the session is closed"));
}

/**
 * Validates the name of a group.
 *
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function groupName(name: unknown): string {
    if (typeof name === "string" && name !== "" && name.length <= MAX_NAME_LENGTH) return name;
    const text = `The name of a group must be a string with 1 to ${MAX_NAME_LENGTH} characters`;
    throw new SockhopError(text, "ERR_BAD_OPTION");
}
