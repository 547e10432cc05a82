import { inspect } from "node:util";
import { warnIgnored } from "../diagnostics/unknownOptions";
import { isCodecName } from "../protocol/Hello";
import { SockhopError } from "../SockhopError";
import { BinaryFormat } from "./binary/BinaryFormat";
import type { ClassRegistry } from "./classes";
import type { Encoder } from "./Encoder";
import { CustomFormat } from "./custom/CustomFormat";
import type { ValueCodec, ValueOptions } from "./ValueOptions";
import type { WireFormat } from "./Wire";

/** Settings of an endpoint that a format needs. */
export interface FormatSettings {
    /** False for a `"json"` peer. */
    enveloped: boolean;
    /** Maximum size of a message in bytes. */
    maxSize: number;
    classes: ClassRegistry | undefined;
    /** Encoder of messages that are lines. */
    json: Encoder<string>;
}

/**
 * Creates the format of the option `codec`.
 *
 * @returns `undefined` for JSON lines
 * @throws {@link SockhopError} `ERR_BAD_OPTION`
 */
export function createFormat(options: ValueOptions, settings: FormatSettings): WireFormat | undefined {
    const codec: unknown = options.codec ?? "json";
    if (codec === "json") return undefined;
    if (codec !== "binary") assertCodec(codec);
    if (!settings.enveloped) {
        warnIgnored(codec, 'codec has no effect with peer_type: "json"');
        return undefined;
    }
    if (codec !== "binary") return new CustomFormat({ codec, ...settings });
    return new BinaryFormat({ ...settings, errorStacks: options.error_stacks === true });
}

function assertCodec(codec: unknown): asserts codec is ValueCodec {
    const { name, encode, decode } = (typeof codec === "object" && codec ? codec : {}) as Partial<ValueCodec>;
    if (typeof encode !== "function" || typeof decode !== "function") {
        const given = inspect(codec, { depth: 0, breakLength: Infinity, maxStringLength: 40 });
        throw new SockhopError(
            `codec must be "json", "binary" or { name, encode(value), decode(bytes) }, not ${given}`,
            "ERR_BAD_OPTION",
        );
    }
    if (!isCodecName(name) || ["json", "binary", "sockhop-2"].includes(name)) {
        throw new SockhopError(
            `The name of a codec must be a text of 1 to 64 characters, and not "json", "binary" or "sockhop-2"`,
            "ERR_BAD_OPTION",
        );
    }
}
