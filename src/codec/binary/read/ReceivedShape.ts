import { badFrame } from "./BadFrame";
import * as $ from "../layout";
import { type PlainObject, plainObject } from "./plainObject";
import type { BinaryClass, BinaryClasses } from "../settings";

/** Class name and keys of received objects. */
export interface ReceivedShape {
    /** Class name and keys, as on the wire. */
    readonly text: string;
    readonly className: string;
    readonly keys: readonly string[];
    readonly registered: BinaryClass | undefined;
    /** Creates its objects. */
    readonly Plain: PlainObject;
    /** True if a member must be defined: an assignment could call a setter, or be refused. */
    readonly isUnusual: boolean;
}

/** Reads the class name and the keys of a shape. */
export function parseShape(text: string, classes: BinaryClasses | undefined): ReceivedShape {
    const [className = "", ...keys] = text.split($.SEPARATOR);
    if (keys.length === 0 || keys.length > $.MAX_SHAPE_KEYS) throw badFrame("a shape in it is not valid");
    return {
        text,
        className,
        keys,
        registered: classes?.get(className),
        Plain: plainObject(keys.length),
        isUnusual: keys.some((key) => key in Object.prototype),
    };
}
