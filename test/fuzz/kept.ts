import { strictEqual } from "node:assert";
import fc from "fast-check";
import { used } from "../support/memory";
import { type Fields, frame, withstands } from "./fields";
import { turn } from "./guard";

/** What may be left of a connection that has closed, in bytes: much less than the huge text of a run. */
const LITTLE = 2 ** 20;

/** Huge texts that are no whole frames, or no envelopes. */
const BEGUN = ['{"type":"String","data":@huge', "POST / HTTP/1.1 @huge\n", "@huge", "@huge\n"];

/** One frame of which one member is a huge text, or the huge beginning of one. */
export const hoards: fc.Arbitrary<Fields> = fc
    .record({
        frame,
        member: fc.nat(11),
        begun: fc.constantFrom("", "", "", "", "", ...BEGUN),
        over: fc.constantFrom<Fields["over"][]>("memory", "socket"),
        end: fc.constantFrom<Fields["end"][]>("server", "client"),
        peer_type: fc.constantFrom<Fields["peer_type"][]>("Sockhop", "Sockhop", "json"),
        allow_non_objects: fc.boolean(),
    })
    .map(({ frame: { outer, inner }, member, ...rest }) => {
        const text = rest.begun === "" ? "@huge" : '""';
        const outerNames = Object.keys(outer).filter((name) => !inner || name !== "type");
        const innerNames = Object.keys(inner ?? {});
        const all = [...outerNames, ...innerNames];
        const at = member % (all.length || 1);
        const changed =
            at < outerNames.length
                ? { outer: { ...outer, [outerNames[at] ?? "data"]: text }, ...(inner && { inner }) }
                : { outer, inner: { ...inner, [all[at]!]: text } };
        return { ...rest, acts: [{ frame: changed }], pings: false };
    });

/** Nothing that a peer has sent outlives its connection, also where the program still has the end and the socket. */
export async function forgets(run: Fields): Promise<void> {
    const before = used();
    const held = await withstands(run);
    // The system lets go of its buffers when it likes.
    const left = (): number => used() - before;
    let bytes = left();
    for (let n = 0; n < 5 && bytes > LITTLE; n += 1) {
        await turn();
        bytes = left();
    }
    strictEqual(bytes > LITTLE && held, false, `${bytes} bytes are kept`);
}
