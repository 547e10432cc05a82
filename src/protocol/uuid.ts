import { loadCrypto } from "../runtime/builtins";

/** Number of UUIDs in one string. A UUID that is kept keeps the whole string in memory. */
const BATCH_UUIDS = 16;

/** Number of UUIDs for which random bytes are generated at once. */
const RANDOM_UUIDS = 256;

/** Bytes of a UUID, and characters of its text. */
const UUID_BYTES = 16;
const UUID_LENGTH = 36;

/** Offset in the text of the two digits of each byte. */
const OFFSETS = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34);
/** The two digits of each byte value, as one number of 16 bits. */
const DIGITS = Uint16Array.from({ length: 256 }, (_, byte) => digit(byte >> 4) | (digit(byte & 15) << 8));

const random = Buffer.allocUnsafeSlow(RANDOM_UUIDS * UUID_BYTES);
const text = Buffer.allocUnsafeSlow(BATCH_UUIDS * UUID_LENGTH).fill("-");
const view = new DataView(text.buffer);

let batch = "";
/** Number of characters of the batch that are used. */
let charactersUsed = 0;
/** Number of random bytes that are used. */
let randomBytesUsed = random.length;

/**
 * Creates a UUID v4 (RFC 9562).
 *
 * The UUID is a slice of a longer string, which is faster than `randomUUID()` of Node, and avoids its longer pause at
 * each 128th call. (100 calls in flight: 1.05 times the replies.)
 */
export function uuidv4(): string {
    if (charactersUsed === batch.length) refill();
    return batch.slice(charactersUsed, (charactersUsed += UUID_LENGTH));
}

/**
 * UUID of a call or request that has a number on the wire. Both ends compute the same.
 *
 * @param token - 16 hexadecimal digits, which the sender of the call has chosen for the connection
 * @returns a UUID v8 (RFC 9562), which contains the token and the number
 */
export function uuidOf(token: string, number: number): string {
    const digits = number.toString(16).padStart(12, "0");
    const [time, middle, version, rest] = [token.slice(0, 8), token.slice(8, 12), token.slice(12, 15), token.slice(15)];
    return `${time}-${middle}-8${version}-8${rest}00-${digits}`;
}

function refill(): void {
    if (randomBytesUsed === random.length) {
        loadCrypto().randomFillSync(random);
        randomBytesUsed = 0;
    }
    for (let n = 0; n < BATCH_UUIDS; n++) {
        write(randomBytesUsed, n * UUID_LENGTH);
        randomBytesUsed += UUID_BYTES;
    }
    batch = text.toString("latin1");
    charactersUsed = 0;
}

/** Writes the text of the UUID from the 16 random bytes at `from`. */
function write(from: number, to: number): void {
    random[from + 6] = (at(random, from + 6) & 0x0f) | 0x40; // version 4
    random[from + 8] = (at(random, from + 8) & 0x3f) | 0x80; // variant of RFC 9562
    for (let n = 0; n < UUID_BYTES; n++) view.setUint16(to + at(OFFSETS, n), at(DIGITS, at(random, from + n)), true);
}

/** Returns the character code of a hexadecimal digit. */
function digit(value: number): number {
    return "0123456789abcdef".charCodeAt(value);
}

function at(numbers: Uint8Array | Uint16Array, index: number): number {
    return numbers[index] as number;
}

/**
 * Regular expression for text that looks like a UUID. JSON escapes none of these characters, so such an id can be
 * written without escaping. (Without quantifiers, because V8 needs twice the time with them.)
 */
export const UUID_PATTERN = [8, 4, 4, 4, 12].map((digits) => String.raw`\w`.repeat(digits)).join("-");

const uuid = new RegExp(`^${UUID_PATTERN}$`);

/** True if an id looks like a UUID. Peers can use other strings, and numbers. */
export function isUuid(id: unknown): id is string {
    return typeof id === "string" && uuid.test(id);
}
