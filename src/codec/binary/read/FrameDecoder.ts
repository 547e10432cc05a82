import { REQUEST, RESERVED_TYPES, RESPONSE, isTooLong } from "../../../protocol/Envelope";
import { type InvalidMessage, type Message, type MessageKind, invalid, message } from "../../../protocol/Message";
import { isRemoteFailure } from "../../../protocol/SockhopRequest";
import { detach } from "../../../runtime/detach";
import { messageOf } from "../../../runtime/thrownValues";
import type { WireTokens } from "../../Wire";
import { badFrame } from "./BadFrame";
import { frameSize } from "../frames";
import * as $ from "../layout";
import { giveBackFrame, isOwnMemory } from "./ownMemory";
import type { BinaryClasses } from "../settings";
import { NumberedUuids } from "./NumberedUuids";
import type { ReceivedShape } from "./ReceivedShape";
import { ValueReader } from "./ValueReader";

/** Kinds of messages, by their numbers. */
const KINDS: readonly MessageKind[] = ["message", "call", "reply", "request", "response", "cancel"];

/** Decodes frames. All connections of an endpoint share one. */
export class FrameDecoder {
    readonly #classes: BinaryClasses | undefined;
    readonly #maxSize: number;
    readonly #isCopier: boolean;
    readonly #shapes = new Map<string, ReceivedShape>();
    /** Reader that is not in use: `fromJSON()` of a class can decode another frame meanwhile. */
    #idle: ValueReader | undefined;

    /** @param isCopier - true for messages that are only encoded again */
    constructor(classes: BinaryClasses | undefined, maxSize: number, isCopier = false) {
        this.#classes = classes;
        this.#maxSize = maxSize;
        this.#isCopier = isCopier;
    }

    /** Decodes the messages of a frame. Never throws. A frame that is not valid gives the messages before the fault. */
    decode(frame: Buffer, uuids: Uuids): (Message | InvalidMessage)[] {
        const reader = this.#idle ?? new ValueReader(this.#classes, this.#shapes, this.#maxSize);
        this.#idle = undefined;
        const messages: (Message | InvalidMessage)[] = [];
        const isOwned = isOwnMemory(frame);
        try {
            open(reader, frame, isOwned);
            while (reader.at < reader.end) {
                if (reader.at >= $.HEADER + $.MAX_BATCH) throw badFrame("it has too many messages");
                messages.push(this.#message(reader, uuids));
            }
            if (reader.text.position !== reader.text.length) throw badFrame("its text is too long");
        } catch (thrown) {
            messages.push(invalid(`the frame is not valid: ${messageOf(thrown)}`));
        }
        if (isOwned && !reader.isShared) giveBackFrame(frame);
        reader.close();
        this.#idle = reader;
        return messages;
    }

    #message(reader: ValueReader, uuids: Uuids): Message | InvalidMessage {
        const { at } = reader;
        const head = reader.byte();
        const kind = head & $.KIND;
        if (kind > $.CANCEL) throw badFrame("a message in it has no known kind");
        const id = kind === $.MESSAGE ? 0 : reader.varint();
        if (id > $.MAX_NUMBER) throw badFrame("a number in it is too large");
        if (id === 0 && kind !== $.MESSAGE) throw badFrame("a call or request in it has the number 0");
        reader.begin((head & $.HAS_REFERENCES) !== 0, at);
        const from = reader.at;
        const shapes = reader.shapes.length;
        let data = kind === $.CANCEL ? undefined : reader.value();
        const hasFailed = (head & $.FAILED) !== 0 && kind === $.RESPONSE;
        const error = hasFailed ? reader.value() : undefined;
        if (hasFailed && !isRemoteFailure(error)) reader.fail("the error of a response is not valid");
        const type =
            kind === $.CANCEL
                ? ""
                : (head & $.HAS_TYPE) === 0
                  ? reader.typeOf(data, from, shapes)
                  : detach(reader.name($.MAX_NAME)); // the name of the latest event has it
        reader.checkEnd();
        if (reader.isTooLarge) return invalid(reader.tooLarge);
        const bytes = reader.size;
        const refusedType = kind <= $.REPLY ? checked(type) : undefined;
        if (refusedType) return refusedType;
        // The next receiver makes the instance: as an instance, the value would be written as one.
        if ((head & $.HAS_TYPE) !== 0 && this.#classes && !this.#isCopier) data = reader.reviveAs(type, data);
        const { badValue } = reader;
        if (badValue) {
            const refused = { kind: KINDS[kind] as MessageKind, id, hasUuid: false, errors: true };
            return invalid(badValue.fault, type, badValue.cause, refused);
        }
        switch (kind) {
            case $.MESSAGE:
                return message("message", type, data, undefined, false, bytes);
            case $.CALL:
                return message("call", type, data, id, false, bytes);
            case $.REPLY:
                return message("reply", type, data, id, false, bytes);
            case $.REQUEST: {
                const request = { uuid: uuids.peer.of(id), data, type, errors: true };
                return message("request", REQUEST, request, id, false, bytes);
            }
            case $.RESPONSE: {
                const packet: Record<string, unknown> = {
                    uuid: uuids.own.of(id),
                    type,
                    data,
                    last: (head & $.LAST) !== 0,
                };
                if ((head & $.EMPTY) !== 0) packet["empty"] = true;
                if (hasFailed) packet["error"] = error;
                return message("response", RESPONSE, packet, id, false, bytes);
            }
            default: {
                const packet = { uuid: uuids.peer.of(id), type: "Object", data: {}, last: true, cancel: true };
                return message("cancel", RESPONSE, packet, id, false, bytes);
            }
        }
    }
}

/** Uuids of both ends of a connection, by numbers. */
export interface Uuids {
    readonly own: NumberedUuids;
    readonly peer: NumberedUuids;
}

export function uuidsOf({ own, peer }: WireTokens): Uuids {
    return { own: new NumberedUuids(own), peer: new NumberedUuids(peer) };
}

/** Refuses a type that a peer must not use. */
function checked(type: string): InvalidMessage | undefined {
    if (RESERVED_TYPES.has(type)) return invalid("the type of a message is reserved", type);
    return isTooLong(type) ? invalid("the type of a message is too long", type) : undefined;
}

/** Reads the header of a frame. */
function open(reader: ValueReader, frame: Buffer, isOwned: boolean): void {
    const { length } = frame;
    if (length < $.HEADER || frame[0] !== $.MARK || frame[1] !== $.FORMAT) throw badFrame("it has no header");
    const size = frame.readUInt32LE(7);
    if (frameSize(frame) !== length || size > length - $.HEADER) {
        throw badFrame("the sizes in its header do not match");
    }
    const end = $.HEADER + size;
    const encoding = $.ENCODINGS.at(frame[6] as number);
    if (encoding === undefined) throw badFrame("its text has no known encoding");
    if (encoding === "utf16le" && (length - end) % 2 !== 0) throw badFrame("its text has half a character");
    reader.open(frame, $.HEADER, end, encoding, isOwned);
}
