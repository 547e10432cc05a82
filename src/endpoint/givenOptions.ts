import { isMissing } from "../validators";
import { isPlain, warnIgnored, warnUnknownOptions } from "../diagnostics/unknownOptions";

/** Options of both ends: `listen_or_connect()` passes one object to both. A test compares them with the types. */
export const OPTION_NAMES = [
    "address",
    "allow_non_objects",
    "auto_reconnect",
    "auto_reconnect_interval",
    "auto_reconnect_max_interval",
    "classes",
    "cluster",
    "codec",
    "codec_required",
    "connect_timeout",
    "error_stacks",
    "frame_timeout",
    "max_buffered",
    "max_connections",
    "max_message_size",
    "max_pending",
    "max_suspended",
    "mode",
    "name",
    "path",
    "peer_type",
    "port",
    "queue",
    "response_timeout",
    "resume",
    "reuse_port",
    "servers",
    "session_timeout",
    "session_type",
    "slow_consumer",
    "ssl",
    "ssl_options",
    "terminator",
] as const;

/** Options of sockhop 2.x, ignored without a warning (`docs/migrating.md`). */
const IGNORED_NAMES = ["allow_binary_mode", "compatibility_mode", "handshake_timeout"] as const;

const KNOWN_NAMES: readonly string[] = [...OPTION_NAMES, ...IGNORED_NAMES];

/** Options of the queue of a client. */
export const QUEUE_NAMES = ["max_messages", "max_bytes", "max_age", "overflow"] as const;

/**
 * Returns the options of a constructor; an empty object if there are none. Emits one process warning for each mistake
 * that has no effect: an unknown name, or a value that means the default, as in 1.x.
 *
 * @param given - argument of the program
 */
export function givenOptions<O extends object>(given: O | null | undefined): Partial<O> {
    if (isMissing(given)) return {};
    if (typeof given !== "object") {
        const example = typeof given === "string" ? "{ path }" : "{ port }";
        warnIgnored(given, `Options must be an object, such as ${example}`);
        return {};
    }
    warnUnknownOptions(given, KNOWN_NAMES);
    warnOfDefaults(given as Record<string, unknown>);
    return given;
}

/** Warns of values that 1.x replaces by the default. */
function warnOfDefaults({ peer_type, terminator, allow_non_objects, queue }: Record<string, unknown>): void {
    // 1.x documents "SockhopClient" too.
    if (peer_type && peer_type !== "json" && !(typeof peer_type === "string" && peer_type.startsWith("Sockhop"))) {
        warnIgnored(peer_type, 'peer_type must be "json" or "Sockhop"');
    }
    if (!isMissing(terminator) && typeof terminator !== "string" && !Array.isArray(terminator)) {
        warnIgnored(terminator, "terminator must be a string, or [receive, transmit]");
    }
    if (!isMissing(allow_non_objects) && typeof allow_non_objects !== "boolean") {
        warnIgnored(allow_non_objects, "allow_non_objects must be true or false");
    }
    if (typeof queue === "object" && queue && isPlain(queue)) warnUnknownOptions(queue, QUEUE_NAMES, "queue");
}
