/** Name of the codec, as in `client.codec`. */
export const NAME = "sockhop-2";

// Frame of sockhop 2.x (docs/protocol.md): length of the payload (uint32, little endian), number of its layout, payload.
export const HEADER = 5;

/** Numbers of the layouts with JSON text: type, text, and an id in all but the first. */
export const JSON_MESSAGE = 10;
export const JSON_CALL = 11;
export const JSON_REPLY = 12;

/** Added to these numbers for bytes in the place of the text. */
export const BYTES = 3;

/** Bytes of the length of the text or bytes. */
export const LENGTH = 4;

/** Bytes of an id. A shorter one ends with zeros. */
export const ID = 36;

/** Maximum length of a type, in bytes. */
export const MAX_TYPE = 255;

/** True for the number of a layout. */
export function isLayout(number: number): boolean {
    return number >= JSON_MESSAGE && number <= JSON_REPLY + BYTES;
}

/** True for a layout with an id. */
export function hasId(layout: number): boolean {
    return layout !== JSON_MESSAGE && layout !== JSON_MESSAGE + BYTES;
}
