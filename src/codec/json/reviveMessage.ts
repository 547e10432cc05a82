import { type InvalidMessage, type Message, invalid, message } from "../../protocol/Message";
import type { SockhopRequest } from "../../protocol/SockhopRequest";
import { messageOf } from "../../runtime/thrownValues";
import type { ClassRegistry } from "../classes";

/**
 * Makes an instance of the value of a decoded message if its type is the name of a class. Values inside of the value
 * have no type in JSON.
 *
 * @returns the message, or an invalid one if the class refuses the data
 */
export function reviveMessage(decoded: Message | InvalidMessage, classes: ClassRegistry): Message | InvalidMessage {
    const { kind, type } = decoded;
    if (kind === "invalid") return decoded;
    try {
        switch (kind) {
            case "message":
            case "call":
            case "reply":
                return classes.get(type) ? revived(decoded, classes) : decoded;
            case "request":
            case "response":
                revivePacket(decoded.data as Partial<SockhopRequest>, classes);
                return decoded;
            default:
                return decoded;
        }
    } catch (error) {
        const { id, hasUuid, data } = decoded;
        const errors = kind === "request" && (data as Partial<SockhopRequest>).errors === true;
        return invalid(messageOf(error), type, (error as Error).cause, { kind, id, hasUuid, errors });
    }
}

function revived({ kind, type, data, id, hasUuid }: Message, classes: ClassRegistry): Message {
    return message(kind, type, classes.revive(type, data), id, hasUuid);
}

/** Revives the value in a request, or in a packet of a response. The packet was just parsed, so it can be changed. */
function revivePacket(packet: Partial<SockhopRequest>, classes: ClassRegistry): void {
    const { type, data } = packet;
    const value = classes.revive(type, data);
    if (value !== data) packet.data = value;
}
