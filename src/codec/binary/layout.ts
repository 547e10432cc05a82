// Constants of the frame format (docs/protocol.md).

/** First bytes of a frame. UTF-8 never has the first one, so no line starts like this. */
export const MARK = 0xff;
export const FORMAT = 1;

/** Bytes before the size of a frame, and of that size. The size counts the bytes after these. */
export const PREFIX = 6;
/** Bytes before the content of a frame: {@link PREFIX}, encoding of the text, size of the bytes. */
export const HEADER = 11;

/** Encodings of the text of a frame, and their names by their numbers. */
export const LATIN1 = 0;
export const UTF8 = 1;
export const UTF16 = 2;
export const ENCODINGS = ["latin1", "utf8", "utf16le"] as const;
export type EncodingNumber = typeof LATIN1 | typeof UTF8 | typeof UTF16;
export type TextEncoding = (typeof ENCODINGS)[EncodingNumber];

/** Kinds of messages: the low three bits of their first byte. */
export const MESSAGE = 0;
export const CALL = 1;
export const REPLY = 2;
export const REQUEST = 3;
export const RESPONSE = 4;
export const CANCEL = 5;
/** Bits of the kind. */
export const KIND = 0x07;

/** Flags of messages, in the same byte. The first three are of responses. */
export const LAST = 0x08;
export const EMPTY = 0x10;
export const FAILED = 0x20;
/** The message refers to objects in it by their numbers. */
export const HAS_REFERENCES = 0x40;
/** The type of the message follows its value. */
export const HAS_TYPE = 0x80;

// First bytes of values. Below SHORT_STRING is that integer.
export const SHORT_STRING = 0x80;
export const NULL = 0xc0;
export const FALSE = 0xc1;
export const TRUE = 0xc2;
export const INT8 = 0xc3;
export const INT32 = 0xc4;
export const DOUBLE = 0xc5;
export const STRING = 0xc6;
export const ARRAY = 0xc7;
export const NEW_SHAPE = 0xc8;
export const SHAPE = 0xc9;
export const DICTIONARY = 0xca;
export const DOUBLES = 0xcb;
export const UNDEFINED = 0xcc;
export const NOT_A_NUMBER = 0xcd;
export const INFINITE = 0xce;
export const NEGATIVE_INFINITE = 0xcf;
export const NEGATIVE_ZERO = 0xd0;
export const BIGINT = 0xd1;
export const DATE = 0xd2;
export const BYTES = 0xd3;
export const MAP = 0xd4;
export const SET = 0xd5;
export const REGEXP = 0xd6;
export const URL_TEXT = 0xd7;
export const ERROR = 0xd8;
export const REFERENCE = 0xd9;
export const INT16 = 0xda;
export const HOLE = 0xdb;
export const INSTANCE = 0xdc;
export const INTEGERS = 0xdd;
export const FLOAT = 0xde;
export const TEMPORAL = 0xdf;
export const FIRST_SHAPE = 0xe0;

/** Number of shapes of a frame that have a byte of their own. */
export const SHORT_SHAPES = 32;
/** Number of characters up to which a string has its length in its first byte. */
export const SHORT_STRINGS = 64;

/**
 * Size of messages at which a frame ends. Strings are slices of the text of their frame, and keep it in memory. (Instead of 2048:
 * 0.93 of the time to decode messages of 1 kB, and 0.97 for messages of 100 B from one end to the other.)
 */
export const FRAME_SIZE = 4096;

/**
 * Bytes of a frame in which its messages begin. All are decoded before the first is delivered, and a message of two bytes
 * needs more than 100 in memory.
 */
export const MAX_BATCH = 65_536;

// Limits of both ends.
/** Levels of objects in a message. */
export const MAX_DEPTH = 1000;
/** Members of a shape, and characters of its text. */
export const MAX_SHAPE_KEYS = 64;
export const MAX_SHAPE_TEXT = 1024;
/** Shapes that an endpoint remembers, of each direction. */
export const MAX_SHAPES = 512;
/** Characters of the name of a class or an error. */
export const MAX_NAME = 1024;
/** Hexadecimal digits of a BigInt. */
export const MAX_BIGINT = 65_536;
/** Characters of the source of a RegExp. */
export const MAX_REGEXP = 1024;
/** Number of BigInts of a Set, or keys of a Map, that have the same low 64 bits. V8 hashes only these. */
export const MAX_SAME_BITS = 16;
/** Maximum number of numbers and BigInts of a Set, or keys of a Map, with the same low 16 bits of the hash. */
export const MAX_SAME_HASH = 64;
/** Number of items for which one more is accepted: large Sets have more by chance. */
export const ITEMS_PER_SAME_HASH = 2 ** 14;
/**
 * Bytes of `max_message_size` for each Map, Set, binary value, RegExp, URL or Error of a message, and the number that
 * is always accepted. Such an object has two bytes in a frame, and 100 to 300 in memory.
 */
export const BYTES_PER_OBJECT = 16;
export const MIN_OBJECTS = 1024;
/** Largest number of a call or request: its uuid has 12 hexadecimal digits for it. */
export const MAX_NUMBER = 2 ** 48 - 1;
/** Bytes by which a frame may exceed the maximum size of a message. */
export const FRAME_SLACK = 65_536;

/** Text between the name of the class and the keys in the text of a shape. */
export const SEPARATOR = "\0";
