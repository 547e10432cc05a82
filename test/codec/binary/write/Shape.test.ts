import { expect } from "chai";
import { FrameShapes, Shape } from "../../../../src/codec/binary/write/Shape";
import { decoded, commit, format, sent, taken, wires } from "../support";

/** Objects with different keys. */
function different(count: number): object[] {
    return Array.from({ length: count }, (_, n) => ({ [`k${n}`]: n }));
}

describe("FrameShapes", () => {
    const shapes = Array.from({ length: 40 }, (_, n) => new Shape(`Object\0k${n}`, "Object", [`k${n}`], null));

    it("finds shapes, few or many, and forgets removed ones", () => {
        const frame = new FrameShapes();
        for (const [n, shape] of shapes.entries()) {
            expect(frame.indexOf(shape)).to.equal(-1);
            expect(frame.add(shape)).to.equal(n);
            shape.frame = 5;
        }
        for (const length of [30, 3]) {
            frame.truncate(length);
            expect(frame.length).to.equal(length);
            expect(shapes.map((shape) => frame.indexOf(shape))).to.deep.equal(
                shapes.map((_, n) => (n < length ? n : -1)),
            );
            expect(shapes.map((shape) => shape.frame)).to.deep.equal(shapes.map((_, n) => (n < length ? 5 : 0)));
        }
        frame.clear();
        expect(frame.indexOf(shapes[0]!)).to.equal(-1);
        expect(frame.add(shapes[1]!)).to.equal(0);
    });
});

describe("Shapes of frames", () => {
    it("arrive, however many", () => {
        const value = different(20_000);
        expect(sent(value, { maxSize: 2 ** 24 })).to.deep.equal(value);
    });

    it("are found again after a message that cannot be sent", () => {
        const { client, server } = wires();
        const first = different(30);
        const second = different(60);
        commit(client, client.encodeMessage(first.slice(0, 10)));
        expect(() => client.encodeMessage([...second, () => 1])).to.throw("a function");
        commit(client, client.encodeMessage(second));
        const data = decoded(server, taken(client)).map((message) => (message as { data: unknown }).data);
        expect(data).to.deep.equal([first.slice(0, 10), second]);
    });

    it("are found again after other frames have used them", () => {
        const shared = format();
        const value = different(40);
        const sender = {
            get inner(): number {
                shared.encodeShared(value);
                return 1;
            },
        };
        const again = [...value, sender, ...value.map((object) => ({ ...object }))];
        const [message] = shared.decodeShared(shared.encodeShared(again));
        expect((message as { data: unknown }).data).to.deep.equal([...value, { inner: 1 }, ...value]);
        expect(sent(again)).to.deep.equal([...value, { inner: 1 }, ...value]);
    });
});
