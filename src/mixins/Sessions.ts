import { toError } from "../runtime/thrownValues";
import type { Socket } from "node:net";
import { SockhopError } from "../SockhopError";
import type { SockhopSession } from "../server/SockhopSession";
import type { Connection } from "../connection/Connection";
import type { Endpoint } from "../endpoint/Endpoint";
import { emitSafely } from "../emitter/emitSafely";
import { setImmediate } from "../runtime/clock";
import { isPromise, withTimeout } from "../timers/promises";
import type { Constructor } from "./mixin";

/** What the mixin Sessions adds to a server. */
export interface Sessioned {
    /** The sockets of all connections, oldest first. A new array each time. */
    readonly sockets: Socket[];

    /** The session of each connection, in the order of `sockets`. A new array each time. */
    readonly sessions: SockhopSession[];

    /**
     * A socket has been accepted.
     *
     * @internal
     */
    _accept(socket: Socket): void;

    /**
     * The connections that count.
     *
     * @internal
     */
    _active(): Connection[];
}

/**
 * Adds sessions: each connection has an object of the user's, which is started before the connection counts, and ended
 * before it is forgotten.
 */
export function Sessions<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Sessioned> {
    abstract class Sessions extends Base implements Sessioned {
        /** Settle when `end()` of the session has; there once it was called. */
        readonly #ended = new WeakMap<Connection, Promise<unknown>>();

        get sockets(): Socket[] {
            return this._active().map(({ socket }) => socket);
        }

        get sessions(): SockhopSession[] {
            return this._active().map(({ session }) => session as SockhopSession);
        }

        /** Makes the session of a connection. */
        protected abstract _createSession(connection: Connection): SockhopSession;

        /** Milliseconds that `start()` and `end()` may take. */
        protected abstract get _sessionTimeout(): number;

        _active(): Connection[] {
            return [...this._connections].filter(({ state }) => state !== "pending");
        }

        _accept(socket: Socket): void {
            const connection = this._attach(socket);
            try {
                connection.session = this._createSession(connection);
                const started = connection.session.start();
                // A start() without a promise counts at once: a client that has connected finds itself in `sockets`.
                if (isPromise(started)) void this.#wait(connection, started);
                else this.#started(connection);
            } catch (error) {
                this.#refuse(connection, error);
            }
        }

        async #wait(connection: Connection, started: PromiseLike<unknown>): Promise<void> {
            try {
                await this.#bounded("start()", started);
            } catch (error) {
                this.#refuse(connection, error);
                // One that is only late has its end(), too.
                void Promise.resolve(started).then(
                    () => this.#end(connection),
                    () => undefined,
                );
                return;
            }
            this.#started(connection);
        }

        #started(connection: Connection): void {
            if (connection.state === "closed") {
                this.#end(connection); // it has gone meanwhile
                return;
            }
            connection.state = "ready";
            // Later, as in 1.x: a program may have waited for its client before it listens to our `connect`.
            setImmediate(() => {
                if (connection.state === "ready") this._onOpen(connection);
            });
        }

        #refuse(connection: Connection, error: unknown): void {
            try {
                this._report(toError(error), connection);
            } finally {
                this._drop(connection);
            }
        }

        protected override _drop(connection: Connection, limit?: number): void {
            if (connection.state === "ready" || connection.state === "open") this.#end(connection);
            super._drop(connection, limit);
        }

        /** Calls `end()` of a session that has been started, once. */
        #end(connection: Connection): void {
            if (this.#ended.has(connection)) return;
            // There before it is called: it may end the connection itself.
            const { promise, resolve } = deferred();
            this.#ended.set(connection, promise);
            const failed = (error: unknown): void => {
                this._report(toError(error), connection);
            };
            try {
                const ended = connection.session?.end();
                if (isPromise(ended)) void this.#bounded("end()", ended).catch(failed).then(resolve);
                else resolve();
            } catch (error) {
                resolve();
                failed(error);
            }
        }

        #bounded(what: string, promise: PromiseLike<unknown>): Promise<unknown> {
            const error = new SockhopError(`${what} of a session has not settled in time`, "ERR_SESSION_TIMEOUT");
            return withTimeout(promise, this._sessionTimeout, error);
        }

        // Later, since a program may cut many connections in one go and look at `disconnect` as the end of that.
        protected override _emitDisconnect(connection: Connection): void {
            void this.#ended.get(connection)?.then(() => {
                setImmediate(() => {
                    emitSafely(this, "disconnect", ...this._about(connection));
                });
            });
        }

        protected override _about(connection: Connection | null): unknown[] {
            return [...super._about(connection), connection?.session ?? null];
        }
    }
    return Sessions;
}

/** A promise, and what resolves it. (Node 20 has no `Promise.withResolvers()`.) */
function deferred(): { promise: Promise<void>; resolve: () => void } {
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => {
        resolve = settle;
    });
    return { promise, resolve };
}
