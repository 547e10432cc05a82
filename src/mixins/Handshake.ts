import { Base64 } from "../codec/v2/Base64";
import {
    HANDSHAKE,
    HANDSHAKE_DATA,
    TRANSITION,
    allowsFrames,
    isHandshake,
    requestsFrames,
} from "../codec/v2/handshake";
import { V2Wire, requestError } from "../codec/v2/V2Wire";
import type { Connection } from "../connection/Connection";
import { debug } from "../diagnostics/debugLog";
import type { Endpoint } from "../endpoint/Endpoint";
import { parseHello } from "../protocol/Hello";
import { type Message, message as createMessage } from "../protocol/Message";
import { SockhopPing } from "../protocol/SockhopPing";
import { uuidv4 } from "../protocol/uuid";
import { Timer, setImmediate } from "../runtime/clock";
import type { Agreeing } from "./Agreement";
import type { Constructor } from "./mixin";

/**
 * Longest time without frames after a transition, in milliseconds. Only a peer that does not reply to a ping lets it
 * pass: sockhop 2.x replies to any.
 */
const HOLD_TIMEOUT_MS = 1000;

const NO_BYTES = Buffer.alloc(0);

/** Time after a transition in which no frame is sent. */
interface Hold {
    /** Id of the ping before the transition. */
    readonly probe: unknown;
    readonly timer: Timer;
}

/**
 * Speaks as sockhop 2.x with peers that greet so (`docs/protocol.md`). A connection is one of 2.x from the handshake of
 * the peer on; this end never greets first.
 */
export function Handshake<B extends Constructor<Endpoint & Agreeing>>(Base: B): B {
    abstract class Handshake extends Base {
        /** Connections that wait for the pong behind which frames may follow. */
        #holds: Map<Connection, Hold> | undefined;
        /** Connections that wait with the transition. */
        #waiting: Set<Connection> | undefined;

        protected override _onMessage(connection: Connection, message: Message): void {
            const { wire } = connection;
            if (wire instanceof V2Wire) this.#onV2Message(connection, wire, message);
            else if (wire || connection.resumption || !isHandshake(message) || !this.#onHandshake(connection, message))
                super._onMessage(connection, message);
        }

        /**
         * Replies to the handshake of the peer, and sends ours.
         *
         * @returns false if the message is left to the program
         */
        #onHandshake(connection: Connection, { data, id, hasUuid }: Message): boolean {
            // With `codec_required` a client is not open before the codec is known.
            if (connection.state !== "open") return false;
            const wire = this._objectBuffer.v2Format.createWire();
            const handshakeId = uuidv4();
            const isAllowed = requestsFrames(data);
            let reply;
            let handshake;
            try {
                reply = this._objectBuffer.json.encodeReply({ allow_binary_mode: isAllowed }, id, hasUuid);
                handshake = this._objectBuffer.json.encodeCall(HANDSHAKE_DATA, identified(handshakeId), HANDSHAKE);
            } catch {
                return false; // it does not fit into `max_message_size`
            }
            wire.handshakeId = handshakeId;
            wire.isConnected = () => connection.socket.writable;
            wire.reader.acceptsTransition = isAllowed;
            connection.agree(wire);
            connection.writeAndForget(reply);
            connection.writeAndForget(handshake);
            for (const request of connection.requests ?? []) request.onFailure(requestError());
            debug?.("handshake of sockhop 2.x with %s", connection.peer);
            // Otherwise it is emitted when the greeting of this end has failed.
            if (!this._isAgreeing(connection)) this._emitCodec(connection);
            return true;
        }

        #onV2Message(connection: Connection, wire: V2Wire, message: Message): void {
            const { kind, type, data, id } = message;
            if (kind === "reply" && wire.handshakeId !== undefined && id === wire.handshakeId) {
                wire.handshakeId = undefined;
                wire.maySendFrames = allowsFrames(data);
            } else if (kind === "pong" && this.#endsHold(connection, data)) this.#release(connection);
            else if (!isOfHandshake(message)) {
                const bytes = Base64.decode(type, data);
                super._onMessage(connection, bytes ? withData(message, bytes) : message);
            }
            if (wire.maySendFrames) this.#startFrames(connection, wire);
        }

        /**
         * Sends the transition; later, if earlier lines wait in a queue or in the socket.
         *
         * A peer of 2.1.0 loses frames that arrive in one chunk with the transition. So none is sent before the pong to
         * a ping that precedes it.
         */
        #startFrames(connection: Connection, wire: V2Wire): void {
            const { socket } = connection;
            if (connection.state !== "open" || this.#waiting?.has(connection)) return;
            if (!this._hasQueued(connection)) connection.flush();
            if (!socket.writable) return;
            if (this._hasQueued(connection) || socket.writableLength > 0) {
                this.#retry(connection, wire);
                return;
            }
            const probe = new SockhopPing();
            const ping = wire.encodeControl("ping", probe);
            const transition = this._objectBuffer.json.encodeMessage({}, TRANSITION);
            wire.startFrames(); // first: a subscriber of a diagnostics channel may send
            connection.writeAndForget(ping);
            connection.writeAndForget(transition);
            connection.flush();
            socket.cork();
            const timer = new Timer(() => {
                this.#release(connection);
            }, HOLD_TIMEOUT_MS).unref();
            (this.#holds ??= new Map()).set(connection, { probe: probe._id, timer });
        }

        /** Tries again when the system has all that was written. */
        #retry(connection: Connection, wire: V2Wire): void {
            (this.#waiting ??= new Set()).add(connection);
            connection.socket.write(NO_BYTES, () => {
                setImmediate(() => {
                    if (this.#waiting?.delete(connection)) this.#startFrames(connection, wire);
                });
            });
        }

        #endsHold(connection: Connection, pong: unknown): boolean {
            const hold = this.#holds?.get(connection);
            return hold !== undefined && (pong as Partial<SockhopPing>)._id === hold.probe;
        }

        #release(connection: Connection): void {
            const hold = this.#holds?.get(connection);
            if (!hold) return;
            hold.timer.clear();
            this.#holds?.delete(connection);
            connection.socket.uncork();
        }

        protected override _onClose(connection: Connection, wasOpen: boolean): void {
            this.#waiting?.delete(connection);
            this.#release(connection);
            super._onClose(connection, wasOpen);
        }
    }
    return Handshake;
}

/** True for a message that a program of 2.x cannot send: of a handshake, or the greeting of another codec. */
function isOfHandshake({ kind, type, data }: Message): boolean {
    if (kind === "pong") return parseHello(data) !== undefined;
    return (kind === "message" || kind === "call") && (type === HANDSHAKE || type === TRANSITION);
}

function withData({ kind, type, id, hasUuid, bytes }: Message, data: unknown): Message {
    return createMessage(kind, type, data, id, hasUuid, bytes);
}

/** Call with a given id. Its reply is handled here, and is not pending for `drain`. */
function identified(uuid: string): { uuid: string; id: string; assign: () => void } {
    return { uuid, id: uuid, assign: () => undefined };
}
