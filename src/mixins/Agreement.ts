import type { WireFormat } from "../codec/Wire";
import type { Connection } from "../connection/Connection";
import { debug } from "../diagnostics/debugLog";
import { emitSafely } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import { type Hello, helloData, parseHello } from "../protocol/Hello";
import type { Message } from "../protocol/Message";
import { SockhopPing } from "../protocol/SockhopPing";
import { loadCrypto } from "../runtime/builtins";
import { Timer, setImmediate } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import type { Constructor } from "./mixin";

/**
 * Longest wait for the answer to a greeting, in milliseconds. Only a peer that does not reply to pings lets it pass:
 * sockhop of any version replies to the ping that follows the greeting.
 */
const AGREEMENT_TIMEOUT_MS = 2000;

/** Number of messages that are held before a connection is open. A server that has the codec sends few before its answer. */
const MAX_HELD = 1000;

/** Greeting of a client whose answer has not arrived. */
interface PendingHello {
    readonly token: string;
    /** Id of the ping that follows the greeting. Its pong without an answer before it means: the peer has no codec. */
    readonly probe: unknown;
    readonly timer: Timer;
    /** Called when the codec is known. */
    readonly onEnd: () => void;
    /** Messages that arrived before the connection is open, with `codec_required`. */
    readonly held: Message[];
    /** Called last, also if the connection closes. */
    readonly onForgotten: (() => void)[];
}

/** Members that {@link Agreement} adds to an endpoint. */
export interface Agreeing {
    /**
     * Greets the peer, and waits for its answer.
     *
     * @param onEnd - called once, when `connection.codec` is known, unless the connection closes before
     * @internal
     */
    _greet(connection: Connection, onEnd: () => void): void;

    /**
     * True after `_greet()`, until the codec is known.
     *
     * @internal
     */
    _isAgreeing(connection: Connection): boolean;

    /**
     * Resolves when `_isAgreeing()` is false.
     *
     * @internal
     */
    _agreed(connection: Connection): Promise<void>;

    /**
     * Answers the greeting of a peer, and uses the codec that both ends have.
     *
     * @internal
     */
    _answer(connection: Connection, hello: Hello): void;
}

/**
 * Agrees on a codec for bytes: a client with the option `codec` greets, and a server with the option answers. Everybody
 * else ignores greetings (`docs/protocol.md`).
 */
export function Agreement<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Agreeing> {
    abstract class Agreement extends Base implements Agreeing {
        /** Connections that have greeted, and wait for the answer. */
        readonly #pending = new Map<Connection, PendingHello>();

        /** True if this end greets, and never answers. */
        protected abstract get _greetsFirst(): boolean;

        _greet(connection: Connection, onEnd: () => void): void {
            const token = newToken();
            const probe = new SockhopPing();
            const timer = new Timer(() => {
                this.#onUnanswered(connection);
            }, AGREEMENT_TIMEOUT_MS);
            this.#pending.set(connection, { token, probe: probe._id, timer, onEnd, held: [], onForgotten: [] });
            this.#sendHello(connection, token);
            connection.sendControl("ping", probe);
        }

        _isAgreeing(connection: Connection): boolean {
            return this.#pending.has(connection);
        }

        _agreed(connection: Connection): Promise<void> {
            return new Promise((resolve) => {
                const pending = this.#pending.get(connection);
                if (pending) pending.onForgotten.push(resolve);
                else resolve();
            });
        }

        _answer(connection: Connection, hello: Hello): void {
            const { format } = this._objectBuffer;
            if (!format || connection.wire) return;
            const token = newToken();
            const isSent = this.#sendHello(connection, token);
            if (isSent && hello.codecs.includes(format.name)) this.#agree(connection, format, token, hello.token);
        }

        protected override _onMessage(connection: Connection, message: Message): void {
            if (!this._objectBuffer.format) super._onMessage(connection, message);
            else if (message.kind === "pong") this.#onPong(connection, message);
            else if (connection.state !== "pending") super._onMessage(connection, message);
            else this.#hold(connection, message);
        }

        /** Keeps a message until the connection is open. With `codec_required` that is not before the codec is known. */
        #hold(connection: Connection, message: Message): void {
            const pending = this.#pending.get(connection);
            if (!pending) super._onMessage(connection, message);
            else if (pending.held.length < MAX_HELD) pending.held.push(message);
            else this.#onUnanswered(connection);
        }

        #onPong(connection: Connection, message: Message): void {
            const hello = parseHello(message.data);
            const pending = this.#pending.get(connection);
            if (hello && !this._greetsFirst) this._answer(connection, hello);
            else if (hello && pending) this.#onAnswer(connection, pending, hello);
            else if (pending && (message.data as SockhopPing)._id === pending.probe) this.#onUnanswered(connection);
            else super._onMessage(connection, message);
        }

        #onAnswer(connection: Connection, pending: PendingHello, hello: Hello): void {
            const format = this._objectBuffer.format as WireFormat;
            if (hello.codecs.includes(format.name)) {
                this.#agree(connection, format, pending.token, hello.token);
                this.#end(connection, pending);
            } else this.#onUnanswered(connection);
        }

        #onUnanswered(connection: Connection): void {
            const pending = this.#pending.get(connection);
            if (!pending) return;
            this.#emitCodec(connection);
            this.#end(connection, pending);
        }

        #end(connection: Connection, pending: PendingHello): void {
            this.#pending.delete(connection);
            pending.onEnd();
            this.#forget(pending);
            for (const message of pending.held) if (connection.state === "open") super._onMessage(connection, message);
        }

        #forget({ timer, onForgotten }: PendingHello): void {
            timer.clear();
            for (const resolve of onForgotten) resolve();
        }

        #agree(connection: Connection, format: WireFormat, own: string, peer: string): void {
            connection.agree(format.createWire({ own, peer }));
            debug?.("codec %s with %s", format.name, connection.peer);
            if (connection.state === "open") this.#emitCodec(connection);
        }

        protected override _onOpen(connection: Connection): boolean {
            const opened = super._onOpen(connection);
            if (connection.wire) this.#emitCodec(connection);
            return opened;
        }

        /** Emits `codec` later: a program that awaits `connect()` can listen for it then. */
        #emitCodec(connection: Connection): void {
            setImmediate(() => {
                if (connection.state === "open")
                    emitSafely(this, "codec", connection.codec, ...this._eventArgs(connection));
            });
        }

        /** @returns false if the greeting is not sent: above `max_buffered`, or because of `max_message_size` */
        #sendHello(connection: Connection, token: string): boolean {
            const { framesSent } = connection;
            const codecs = [(this._objectBuffer.format as WireFormat).name];
            connection.sendControl("pong", helloData({ codecs, token }));
            return connection.framesSent > framesSent;
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            const pending = this.#pending.get(connection);
            this.#pending.delete(connection);
            if (pending) this.#forget(pending);
            super._onClose(connection, wasOpen);
        }
    }
    return Agreement;
}

/** Error of a connection whose peer does not have the codec, with `codec_required`. */
export function codecError(name: string | undefined, peer: string): SockhopError {
    const message = `${peer} does not use the codec "${name}", and codec_required is set here`;
    return new SockhopError(message, "ERR_CODEC");
}

function newToken(): string {
    return loadCrypto().randomBytes(8).toString("hex");
}
