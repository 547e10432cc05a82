import { strictEqual } from "node:assert";
import fc from "fast-check";
import { used } from "../support/memory";
import { type Fields, type Frame, frame, textOf, withstands } from "./fields";
import { turn } from "./guard";

/** Bytes that a closed connection may retain: much less than the huge text of a run. */
const LITTLE = 2 ** 20;

/** Huge texts that are partial frames, or no envelopes. */
const STRANGE = ['{"type":"String","data":@huge', "POST / HTTP/1.1 @huge\n", "@huge", "@huge\n"];

/** The text of a frame with a huge member, chosen by a number. */
function hoard({ outer, inner }: Frame, member: number): string {
    const outside = Object.keys(outer).filter((name) => !inner || name !== "type");
    const names = [...outside, ...Object.keys(inner ?? {})];
    const at = member % names.length;
    const huge = { [names[at] ?? "type"]: "@huge" };
    return textOf(
        at >= outside.length
            ? { outer, inner: { ...inner, ...huge } }
            : { outer: { ...outer, ...huge }, ...(inner && { inner }) },
    );
}

/** A connection whose last bytes are huge. */
export const hoards: fc.Arbitrary<Fields> = fc.record({
    acts: fc.constant([]),
    last: fc.oneof(
        { weight: 4, arbitrary: fc.tuple(frame, fc.nat(11)).map(([each, member]) => hoard(each, member)) },
        fc.constantFrom(...STRANGE),
    ),
    over: fc.constant<Fields["over"]>("socket"), // the in-memory socket of the tests keeps written bytes
    end: fc.constantFrom<Fields["end"][]>("server", "client"),
    peer_type: fc.constantFrom<Fields["peer_type"][]>("Sockhop", "Sockhop", "json"),
    allow_non_objects: fc.boolean(),
    pings: fc.constant(false),
});

/** No received data outlives its connection, even if the program keeps the end and the socket. */
export async function forgets(run: Fields): Promise<void> {
    const before = used();
    const held = await withstands(run);
    // The system releases its buffers at any time.
    const left = (): number => used() - before;
    let bytes = left();
    for (let n = 0; n < 5 && bytes > LITTLE; n += 1) {
        await turn();
        bytes = left();
    }
    strictEqual(bytes > LITTLE && held, false, `${bytes} bytes are kept`);
}
