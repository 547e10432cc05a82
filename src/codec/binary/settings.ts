import type { Encoder } from "../Encoder";
import type { ShapeTable } from "./write/Shape";

/** Class whose instances are received as instances. */
export interface BinaryClass {
    readonly prototype: object;
    /** True if only {@link revive} makes instances: they are not objects with these members. */
    readonly hasFromJson: boolean;
    /** Makes an instance from data, or turns the data into it. Can throw. */
    revive(data: unknown): unknown;
}

/** Classes that the program has registered. */
export interface BinaryClasses {
    get(name: string): BinaryClass | undefined;
    /** Class of an object, if it is registered. */
    of(value: object): { readonly name: string } | undefined;
    /** Name on the wire of the class of a value. */
    typeOf(value: unknown): string;
}

/** Options of a `BinaryFormat`, validated. */
export interface BinaryFormatOptions {
    /** Maximum size of a message in bytes. */
    maxSize: number;
    classes?: BinaryClasses | undefined;
    /** True if stacks of errors are sent. */
    errorStacks: boolean;
    /** Encoder of messages that are lines: pings, and replies to peers' lines. */
    json: Encoder<string>;
}

/** Settings of a format, with the shapes that its writers share. */
export interface FormatSettings extends BinaryFormatOptions {
    readonly shapes: ShapeTable;
}
