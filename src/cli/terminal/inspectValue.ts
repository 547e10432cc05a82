import { type InspectOptionsStylized, inspect, types } from "node:util";
import { typeName } from "../../protocol/typeName";
import { escapeText } from "./escape";
import { shorten } from "./format";
import { errorMembers, temporalText } from "../../inspect/frames/jsonForm";

/** Levels that are shown. `[Array]` and `[Object]` stand for deeper ones. */
const MAX_LEVELS = 8;

/** Items of an array that are shown. */
const MAX_ITEMS = 100;

/** Characters of one string that are shown. */
const MAX_STRING = 10_000;

/** Bytes of a Buffer that are shown. */
const MAX_BYTES = 50;

/** Text in the place of a value, or of items and members that are not shown. */
class Excerpted {
    /** @param members - members that follow the text */
    constructor(
        private readonly text: string,
        private readonly style?: "special" | "bigint" | "date" | "regexp",
        private readonly members?: object,
    ) {}

    [inspect.custom](depth: number, options: InspectOptionsStylized): string {
        const text = this.style ? options.stylize(this.text, this.style) : this.text;
        return this.members === undefined ? text : `${text} ${inspect(this.members, { ...options, depth })}`;
    }
}

/** Value of a Map whose key says that there are more. */
const OMITTED = new Excerpted("...");

/**
 * Formats a value as `util.inspect` does, in bounded time and length for any value of a peer. Escapes control characters.
 *
 * @param size - characters of the value that are shown, without separators
 */
export function inspectValue(
    value: unknown,
    size: number,
    options: { colors?: boolean; breakLength: number; compact?: boolean },
): string {
    const limits = { depth: MAX_LEVELS, maxArrayLength: null, maxStringLength: null };
    return inspect(new Excerpt(size).copy(value, MAX_LEVELS), { compact: 3, ...options, ...limits });
}

/** Copies the beginning of a value. */
class Excerpt {
    #remaining: number;
    /** Objects that contain the one that is being copied. */
    readonly #outer: object[] = [];

    constructor(size: number) {
        this.#remaining = size;
    }

    copy(value: unknown, levels: number): unknown {
        if (typeof value === "string") return this.#string(value);
        this.#remaining -= 4;
        if (typeof value === "bigint") return new Excerpted(`${this.#string(String(value))}n`, "bigint");
        if (typeof value !== "object" || value === null) return value;
        if (this.#outer.includes(value)) return new Excerpted("[Circular]", "special");
        const leaf = this.#leaf(value);
        if (leaf) return leaf;
        if (levels < 0)
            return types.isNativeError(value) ? this.#error(value) : new Excerpted(`[${typeName(value)}]`, "special");
        this.#outer.push(value);
        const copied = this.#object(value, levels);
        this.#outer.pop();
        return copied;
    }

    #string(text: string): string {
        const shown = shorten(text, Math.min(MAX_STRING, Math.max(1, this.#remaining)));
        this.#remaining -= shown.length + 2;
        return shown;
    }

    /** Copies an object without members. `undefined` for others. */
    #leaf(object: object): object | undefined {
        if (types.isDate(object))
            return new Excerpted(isNaN(object.getTime()) ? "Invalid Date" : object.toJSON(), "date");
        if (types.isRegExp(object)) return new Excerpted(escapeText(this.#string(String(object))), "regexp");
        if (object instanceof URL) return new Excerpted(`URL ${escapeText(this.#string(object.href))}`, "special");
        if (types.isAnyArrayBuffer(object)) return this.#bytes(object, Buffer.from(object));
        if (Buffer.isBuffer(object)) return this.#bytes(object, object);
        if (types.isDataView(object)) {
            return this.#bytes(object, Buffer.from(object.buffer, object.byteOffset, object.byteLength));
        }
        const text = temporalText(object);
        return text === undefined ? undefined : new Excerpted(this.#string(text), "date");
    }

    #bytes(object: object, bytes: Buffer): Excerpted {
        const shown = bytes.subarray(0, Math.min(MAX_BYTES, Math.max(1, this.#remaining >> 1)));
        this.#remaining -= 3 * shown.length;
        const more = bytes.length - shown.length;
        const words = [typeName(object), ...(shown.toString("hex").match(/../g) ?? [])];
        if (more > 0) words.push(`... ${more} more byte${more === 1 ? "" : "s"}`);
        return new Excerpted(`<${words.join(" ")}>`, "special");
    }

    #object(object: object, levels: number): object {
        if (Array.isArray(object)) return this.#items(object, object.length, levels);
        if (types.isTypedArray(object)) {
            const items = object as unknown as Iterable<number | bigint>;
            return new Excerpted(
                `${typeName(object)}(${object.length})`,
                "special",
                this.#items(items, object.length, 0),
            );
        }
        if (types.isMap(object)) {
            const pairs = this.#items(object, object.size, levels + 1);
            return new Map(pairs.map((pair) => (Array.isArray(pair) ? [pair[0], pair[1]] : [pair, OMITTED])));
        }
        if (types.isSet(object)) return new Set(this.#items(object, object.size, levels));
        if (types.isNativeError(object)) return this.#error(object, levels);
        return this.#members(Object.entries(object), levels);
    }

    #items(items: Iterable<unknown>, length: number, levels: number): unknown[] {
        const shown: unknown[] = [];
        for (const item of items) {
            if (this.#remaining <= 0 || shown.length === MAX_ITEMS) break;
            shown.push(this.copy(item, levels - 1));
        }
        const more = length - shown.length;
        return more === 0 ? shown : [...shown, new Excerpted(`... ${more} more item${more === 1 ? "" : "s"}`)];
    }

    /** @param levels - negative: without members */
    #error(error: Error, levels = -1): Excerpted {
        const [[, name] = [], [, message] = [], ...members] = errorMembers(error);
        const text = [name, message]
            .filter((part): part is string => typeof part === "string" && part !== "")
            .map((part) => escapeText(this.#string(part)));
        const shown = members.length > 0 && levels >= 0 ? this.#members(members, levels) : undefined;
        return new Excerpted(`[${text.join(": ")}]`, "special", shown);
    }

    #members(members: readonly [string, unknown][], levels: number): object {
        const shown: [string, unknown][] = [];
        for (const [key, member] of members) {
            if (this.#remaining <= 0) break;
            shown.push([this.#string(key), this.copy(member, levels - 1)]);
        }
        const more = members.length - shown.length;
        if (more > 0) shown.push(["...", new Excerpted(`${more} more`)]);
        return Object.fromEntries(shown); // unlike an assignment, it makes `__proto__` a member
    }
}
