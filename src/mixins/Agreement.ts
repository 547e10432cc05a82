import type { Connection } from "../connection/Connection";
import { debug } from "../diagnostics/debugLog";
import { emitSafely } from "../emitter/emitSafely";
import type { Endpoint } from "../endpoint/Endpoint";
import { type Hello, type ResumeHello, helloData } from "../protocol/Hello";
import { loadCrypto } from "../runtime/builtins";
import { setImmediate } from "../runtime/clock";
import { SockhopError } from "../SockhopError";
import type { Constructor } from "./mixin";

/** Members that {@link Agreement} adds to an endpoint. */
export interface Agreeing {
    /**
     * True if this end greets or answers.
     *
     * @internal
     */
    readonly _greets: boolean;

    /**
     * True after `_greet()`, until the codec is known.
     *
     * @internal
     */
    _isAgreeing(connection: Connection): boolean;

    /**
     * Greeting of this end that a peer gets on another socket.
     *
     * @internal
     */
    _helloOf(resume: ResumeHello): object;

    /**
     * Sends the greeting of this end.
     *
     * @returns false if it is not sent: above `max_buffered`, or because of `max_message_size`
     * @internal
     */
    _sendHello(connection: Connection, token: string, resume: ResumeHello | undefined): boolean;

    /**
     * Uses the codec if the peer has it, too.
     *
     * @param own - token of this end
     * @param hello - greeting of the peer
     * @returns false if it does not
     * @internal
     */
    _agree(connection: Connection, own: string, hello: Hello): boolean;

    /**
     * Emits `codec` later: a program that awaits `connect()` can listen for it then.
     *
     * @internal
     */
    _emitCodec(connection: Connection): void;
}

/**
 * Agrees with the peer on a codec for bytes: what the two ends have in common. A client greets (`Greetings`), and a server
 * answers (`Answers`). Peers without the options `codec` and `resume` ignore both (`docs/protocol.md`).
 */
export function Agreement<B extends Constructor<Endpoint>>(Base: B): B & Constructor<Agreeing> {
    abstract class Agreement extends Base implements Agreeing {
        get _greets(): boolean {
            return this._objectBuffer.format !== undefined || this._limits.resume !== undefined;
        }

        _isAgreeing(): boolean {
            return false;
        }

        _helloOf(resume: ResumeHello): object {
            return helloData({ codecs: this.#codecs, token: newToken(), resume });
        }

        _sendHello(connection: Connection, token: string, resume: ResumeHello | undefined): boolean {
            const { framesSent } = connection;
            connection.sendControl("pong", helloData({ codecs: this.#codecs, token, resume }));
            return connection.framesSent > framesSent;
        }

        get #codecs(): string[] {
            const { format } = this._objectBuffer;
            return format ? [format.name] : [];
        }

        _agree(connection: Connection, own: string, hello: Hello): boolean {
            const { format } = this._objectBuffer;
            if (!format || !hello.codecs.includes(format.name)) return false;
            connection.agree(format.createWire({ own, peer: hello.token }));
            debug?.("codec %s with %s", format.name, connection.peer);
            if (connection.state === "open") this._emitCodec(connection);
            return true;
        }

        protected override _onOpen(connection: Connection): boolean {
            const opened = super._onOpen(connection);
            if (connection.wire) this._emitCodec(connection);
            return opened;
        }

        _emitCodec(connection: Connection): void {
            setImmediate(() => {
                if (connection.state === "open")
                    emitSafely(this, "codec", connection.codec, ...this._eventArgs(connection));
            });
        }
    }
    return Agreement;
}

/** Error of a connection whose peer does not have the codec, with `codec_required`. */
export function codecError(name: string | undefined, peer: string): SockhopError {
    const message = `${peer} does not use the codec "${name}", and codec_required is set here`;
    return new SockhopError(message, "ERR_CODEC");
}

/** Token of one end of a connection. */
export function newToken(): string {
    return loadCrypto().randomBytes(8).toString("hex");
}
