import { SockhopError } from "../SockhopError";
import { RESERVED_TYPES, isTooLong } from "./Envelope";

/**
 * Validates the option `type` of a message: its type on the wire, instead of the class name of its value.
 *
 * @param enveloped - false for a `"json"` peer, which gets no types
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function typeOption(type: unknown, enveloped: boolean): string | undefined {
    if (type === undefined || type === null || type === "") return undefined;
    if (typeof type !== "string" || isTooLong(type)) {
        throw new SockhopError("type must be a string with at most 1024 characters", "ERR_BAD_OPTION");
    }
    if (RESERVED_TYPES.has(type)) {
        throw new SockhopError(`type must not be ${type}: sockhop reserves this name`, "ERR_BAD_OPTION");
    }
    if (enveloped) return type;
    throw new SockhopError("A json peer gets no types: send the type as a member of the value", "ERR_BAD_OPTION");
}
