import type { Socket } from "node:net";
import type { Connection, Session } from "../connection/Connection";
import { reasonOf } from "../connection/DisconnectReason";
import type { Endpoint } from "../endpoint/Endpoint";
import { setImmediate } from "../runtime/clock";
import { toError } from "../runtime/thrownValues";
import { SockhopError } from "../SockhopError";
import { Deferred } from "../timers/Deferred";
import { isPromise, withTimeout } from "../timers/promises";
import type { Constructor } from "./mixin";

/** Members that {@link Sessions} adds to a server. See `Sessioned`, which knows the class of the sessions. */
export interface SessionMembers {
    readonly sockets: Socket[];
    readonly sessions: Session[];

    /**
     * Starts the session of a new connection.
     *
     * @internal
     */
    _startSession(connection: Connection): void;

    /**
     * Connections whose session has started.
     *
     * @internal
     */
    _active(): Connection[];
}

/** Adds sessions: an object of the user for each connection, started before `connect` and ended before `disconnect`. */
export function Sessions<B extends Constructor<Endpoint>>(Base: B): B & Constructor<SessionMembers> {
    abstract class Sessions extends Base implements SessionMembers {
        get sockets(): Socket[] {
            return this._active().map(({ socket }) => socket);
        }

        get sessions(): Session[] {
            return this._active().map(({ session }) => session as Session);
        }

        /** Creates the session of a connection. */
        protected abstract _createSession(connection: Connection): Session;

        /** Timeout of `start()` and `end()` of a session, in milliseconds. */
        protected abstract get _sessionTimeout(): number;

        _active(): Connection[] {
            return [...this._connections].filter(({ state }) => state !== "pending");
        }

        _startSession(connection: Connection): void {
            try {
                connection.session = this._createSession(connection);
                const started = connection.session.start();
                // Without a promise the session starts at once: a client that has connected is already in `sockets`.
                if (isPromise(started)) void this.#awaitStart(connection, Promise.resolve(started));
                else this.#onStarted(connection);
            } catch (error) {
                this.#refuse(connection, error);
            }
        }

        async #awaitStart(connection: Connection, started: Promise<unknown>): Promise<void> {
            try {
                await this.#withTimeout("start()", started);
            } catch (error) {
                this.#refuse(connection, error);
                // A session that starts after the timeout must end, too.
                void started.then(
                    () => {
                        this.#endSession(connection);
                    },
                    () => undefined,
                );
                return;
            }
            this.#onStarted(connection);
        }

        #onStarted(connection: Connection): void {
            if (connection.state === "closed") {
                this.#endSession(connection);
                return;
            }
            connection.state = "ready";
            connection.beforeClose = this.#endSession;
            // Asynchronous as in 1.x: a program may await its client before it listens for `connect` on the server.
            setImmediate(() => {
                if (connection.state === "ready") this._onOpen(connection);
            });
        }

        #refuse(connection: Connection, thrown: unknown): void {
            const error = toError(thrown);
            try {
                this._reportError(error, connection);
            } finally {
                this._close(connection, reasonOf(error));
            }
        }

        /** Calls `end()` of a started session, once. */
        readonly #endSession = (connection: Connection): void => {
            if (connection.sessionEnd) return;
            // Set before the call, because `end()` may close the connection.
            const { promise, resolve } = new Deferred();
            connection.sessionEnd = promise;
            const onError = (error: unknown): void => {
                this._reportError(toError(error), connection);
            };
            try {
                const ended = connection.session?.end();
                if (isPromise(ended)) void this.#withTimeout("end()", ended).catch(onError).then(resolve);
                else resolve();
            } catch (error) {
                resolve();
                onError(error);
            }
        };

        #withTimeout(method: string, promise: PromiseLike<unknown>): Promise<unknown> {
            return withTimeout(promise, this._sessionTimeout, sessionTimeoutError(method));
        }

        protected override _eventArgs(connection: Connection | null): unknown[] {
            return [...super._eventArgs(connection), connection?.session ?? null];
        }
    }
    return Sessions;
}

/** Error of a method of a session that does not settle in time. */
export function sessionTimeoutError(method: string): SockhopError {
    return new SockhopError(`${method} of a session did not settle within session_timeout`, "ERR_SESSION_TIMEOUT");
}
