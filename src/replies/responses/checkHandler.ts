import { SockhopError } from "../../SockhopError";

/**
 * Validates a new handler, and the type of its requests.
 *
 * @param handlers - earlier ones, by their types
 * @throws {@link SockhopError} `ERR_BAD_OPTION`, `ERR_HANDLER_EXISTS`
 */
export function checkHandler(
    handlers: ReadonlyMap<string, unknown> | undefined,
    type: unknown,
    handler: unknown,
): void {
    if (typeof type !== "string" || type === "") {
        throw new SockhopError('The type of a handler must be a name, such as "Widget"', "ERR_BAD_OPTION");
    }
    if (typeof handler !== "function") {
        throw new SockhopError(`The handler of ${type} must be a function`, "ERR_BAD_OPTION");
    }
    if (handlers?.has(type)) {
        throw new SockhopError(`${type} already has a handler (see unhandle())`, "ERR_HANDLER_EXISTS");
    }
}
