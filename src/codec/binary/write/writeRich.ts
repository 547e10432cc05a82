import { types } from "node:util";
import { UrlClass } from "../../../runtime/builtins";
import { LossCheck } from "../../json/LossCheck";
import * as $ from "../layout";
import type { Shape } from "./Shape";
import type { Key, ValueWriter } from "./ValueWriter";
import { type Write, builtInWriterOf } from "./writeBuiltIn";
import { emptyFailure, writeFailure } from "./WriteFailure";

const losses = new LossCheck(0, "The codec binary");

/** Prototypes of instances that were no built-in ones. Classes are looked at once: the tests take long. */
const plainPrototypes = new WeakSet();

/** Names of the built-in classes whose objects have a content besides their members, by their prototypes. */
const CONTENTS: ReadonlyMap<unknown, string> = new Map(
    [
        ...[Map, Set, Date, RegExp, Error, Promise, WeakMap, WeakSet, WeakRef, UrlClass, ArrayBuffer, DataView],
        Object.getPrototypeOf(Uint8Array) as typeof Uint8Array,
    ].map(({ prototype, name }) => [prototype, name]),
);

function builtInOf(value: object, prototype: object | null): Write | undefined {
    if (prototype === null || plainPrototypes.has(prototype)) return undefined;
    const write = builtInWriterOf(value);
    if (write) return write;
    for (let base: unknown = prototype; base !== null; base = Object.getPrototypeOf(base)) {
        if (CONTENTS.has(base)) return () => refuseEmpty(base);
    }
    if (!types.isProxy(value)) {
        plainPrototypes.add(prototype);
        losses.checkObject(value);
    }
    return undefined;
}

/** Refuses the prototype of a built-in class, or an object that has it without the content of such objects. */
export function refuseEmpty(prototype: unknown): void {
    const name = CONTENTS.get(prototype);
    if (name !== undefined) throw emptyFailure(name);
}

/** Text of the methods `toJSON()` of JavaScript itself, of this or another global object. */
const NATIVE_TO_JSON = "function toJSON() { [native code] }";

/* eslint-disable @typescript-eslint/unbound-method -- they are compared */
const PLATFORM_TO_JSON: ReadonlySet<unknown> = new Set(
    [UrlClass.prototype, Buffer.prototype as Buffer].map(({ toJSON }) => toJSON),
);
const sourceOf = Function.prototype.toString;
/* eslint-enable @typescript-eslint/unbound-method */

/** Returns the method that the program has given to a value, for JSON to call. */
function toJsonOf(value: object, isBuiltIn: boolean): unknown {
    const { toJSON: toJson } = value as { toJSON?: unknown };
    if (typeof toJson !== "function") return undefined;
    // The codec has a Date itself, and JSON does not. So a Date stays one unless the program decides otherwise.
    if (isBuiltIn && (PLATFORM_TO_JSON.has(toJson) || sourceOf.call(toJson) === NATIVE_TO_JSON)) return undefined;
    return toJson;
}

/**
 * Writes an object that is neither plain nor an array: an instance of a class, or a value that JSON does not have.
 *
 * @returns the shape of the object, as a hint for the next one
 */
export function writeRich(
    writer: ValueWriter,
    value: object,
    prototype: object | null,
    key: Key,
    hint: Shape | undefined,
): Shape | undefined {
    if (writer.refer(value)) return hint;
    const builtIn = contentOf(value, prototype);
    const toJson = toJsonOf(value, builtIn !== undefined);
    const name = nameOf(writer, value, prototype, builtIn);
    if (toJson !== undefined) {
        writeReplacement(writer, value, name, toJson, key);
        return hint;
    }
    if (builtIn && name === "") {
        builtIn(writer, value); // directly: 1000 levels of them need most of the stack
        return hint;
    }
    return writeContent(writer, value, prototype, name, builtIn, hint);
}

/**
 * Writes such an object as the result of `toJSON()` of another one, or of its own. It is data, without a class, if it
 * has a `toJSON()` that is not called, or the class of the other one.
 */
export function writeResult(
    writer: ValueWriter,
    value: object,
    prototype: object | null,
    origin: unknown,
): Shape | undefined {
    const builtIn = contentOf(value, prototype);
    const hasToJson = toJsonOf(value, builtIn !== undefined) !== undefined;
    const isData = hasToJson || (origin !== undefined && Object.getPrototypeOf(origin) === prototype);
    const name = isData ? (builtIn ? "" : "Object") : nameOf(writer, value, prototype, builtIn);
    const shape = writeContent(writer, value, prototype, name, builtIn, undefined);
    if (hasToJson) writer.forget(value); // elsewhere in the message its toJSON() is called
    return shape;
}

/** Writes an object without a call of `toJSON()`. */
function writeContent(
    writer: ValueWriter,
    value: object,
    prototype: object | null,
    name: string,
    builtIn: Write | undefined,
    hint: Shape | undefined,
): Shape | undefined {
    if (!builtIn) {
        writer.add(value);
        return writer.instance(value, checked(name), prototype, hint);
    }
    if (name !== "") {
        writer.kind($.INSTANCE);
        writer.name(checked(name));
        writer.enter();
    }
    builtIn(writer, value);
    if (name !== "") writer.depth -= 1;
    return hint;
}

/** Returns the writer of an array, or of a built-in class. */
function contentOf(value: object, prototype: object | null): Write | undefined {
    return Array.isArray(value) ? writeArray : builtInOf(value, prototype);
}

/** Class name on the wire; empty for values of built-in classes, and of classes of theirs that are not registered. */
function nameOf(writer: ValueWriter, value: object, prototype: object | null, builtIn: Write | undefined): string {
    if (builtIn) return writer.settings.classes?.of(value)?.name ?? "";
    return prototype === null ? "Object" : writer.typeOf(value);
}

/** Writes the result of `toJSON()`, with the class name if there is one. */
function writeReplacement(writer: ValueWriter, value: object, name: string, toJson: unknown, key: Key): void {
    const isNamed = name !== "" && name !== "Object";
    if (isNamed) {
        writer.kind($.INSTANCE);
        writer.name(checked(name));
    } else {
        writer.depth -= 1; // the result has the level of the object
    }
    writer.replacement(value, toJson, key);
    if (!isNamed) writer.depth += 1;
}

function writeArray(writer: ValueWriter, value: object): void {
    writer.add(value);
    writer.array(value as unknown[]);
}

function checked(name: string): string {
    if (name.length > $.MAX_NAME) throw writeFailure("a class whose name is too long");
    return name;
}
