import { type EndOptions, closeOptions } from "../../connection/GracefulClose";
import { checkMethodOptions } from "../../diagnostics/unknownOptions";
import type { RequestOptions } from "../../mixins/Requests";
import type { AnswerTo, Message, MessageNameOf, Protocol, RequestData, RequestNameOf } from "../../Protocol";
import { typeOption } from "../../protocol/typeOption";
import type { SessionDirectory } from "./SessionDirectory";

/** Options of `send()` of a {@link RemoteSession}. */
export interface RemoteSendOptions<Type extends string = string> {
    /**
     * Type of the message on the wire.
     *
     * @default the name of the class of the value
     */
    type?: Type | undefined;
}

/**
 * Session of any server of the cluster, named by its id: see {@link SockhopServer.session}. The object has no state of its own.
 *
 * A session of this server is used directly. For one of another server, the methods also reject with the errors of
 * {@link Cluster.ask}: above all with `ERR_NO_MEMBER` if its server has left, or was never there.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- without a protocol messages are not checked
export class RemoteSession<P extends Protocol = any> {
    readonly #directory: SessionDirectory;
    readonly #enveloped: boolean;

    /** @internal */
    constructor(
        directory: SessionDirectory,
        enveloped: boolean,
        readonly id: string,
    ) {
        this.#directory = directory;
        this.#enveloped = enveloped;
    }

    /**
     * Sends a value to the client of the session.
     *
     * Rejects with `ERR_SOCKET_DESTROYED` if the session has ended, and as `session.send()`.
     *
     * @returns resolves when the system of the server of the session has the bytes
     * @example await server.session(id).send({ text: "hello" });
     */
    send<V extends Message<P, "server">>(
        value: V,
        options?: RemoteSendOptions<MessageNameOf<P, "server", V>> | null,
    ): Promise<void> {
        return settle(() => {
            checkMethodOptions(options, ["type"], "send");
            const type = typeOption(options?.type, this.#enveloped);
            return this.#directory.send(this.id, value, type);
        });
    }

    /**
     * Sends a request to the client of the session, and resolves to its response. Rejects as `session.ask()`, with
     * `ERR_SOCKET_DESTROYED` if the session has ended.
     *
     * @example const version = await server.session(id).ask("version", { timeout: 1000 });
     */
    ask<V extends RequestData<P, "server">, K extends RequestNameOf<P, "server", V> = RequestNameOf<P, "server", V>>(
        value?: V,
        options?: RequestOptions<K> | null,
    ): Promise<AnswerTo<P, "server", K>> {
        return settle(() => {
            checkMethodOptions(options, ["timeout", "signal", "type"], "ask");
            const { timeout, signal, type } = options ?? {};
            const checked = typeOption(type, true);
            const response = this.#directory.ask(this.id, value, { timeout, signal, type: checked });
            return response as Promise<AnswerTo<P, "server", K>>;
        });
    }

    /**
     * Closes the connection of the session, as `session.kill()`. Has no effect if the session has ended.
     *
     * @returns resolves when its socket is closed
     */
    kill(options?: EndOptions | null): Promise<void> {
        return settle(() => {
            closeOptions(options);
            return this.#directory.kill(this.id, options ?? {});
        });
    }
}

/** A method that returns a promise does not throw. */
function settle<T>(call: () => Promise<T>): Promise<T> {
    try {
        return call();
    } catch (error) {
        return Promise.reject(error);
    }
}
