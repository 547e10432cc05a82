import { expect } from "chai";
import type { InvalidMessage, Message } from "../../../src/protocol/Message";
import { rawFrame, sent, wires } from "./support";

/** Value of Temporal. */
interface TemporalValue {
    toString(): string;
}

/** Class of Temporal. */
interface TemporalClass {
    from(text: string): TemporalValue;
}

/** Classes that older versions of Node.js do not have: 26 has both, 24 has Float16Array, and 22 has none. */
const globals = globalThis as {
    Temporal?: Readonly<Record<string, TemporalClass>> | undefined;
    Float16Array?: (new (items: readonly number[]) => ArrayLike<number>) | undefined;
};

const TEXTS = {
    Instant: "2026-01-02T03:04:05.006007008Z",
    ZonedDateTime: "2026-01-02T03:04:05+01:00[Europe/Paris]",
    PlainDate: "2026-01-02",
    PlainTime: "03:04:05.006",
    PlainDateTime: "2026-01-02T03:04:05",
    PlainYearMonth: "2026-01",
    PlainMonthDay: "01-02",
    Duration: "PT1H90M",
};

/** Runs a function without a class. */
function without<T>(name: keyof typeof globals, run: () => T): T {
    const descriptor = Object.getOwnPropertyDescriptor(globalThis, name);
    Object.defineProperty(globalThis, name, { value: undefined, configurable: true, writable: true });
    try {
        return run();
    } finally {
        Reflect.deleteProperty(globalThis, name);
        if (descriptor) Object.defineProperty(globalThis, name, descriptor);
    }
}

/** Decodes a message of an object of Temporal. */
function decodeTemporal(name: string, text: string): Message | InvalidMessage {
    const frame = rawFrame([0x00, 0xdf, name.length, text.length], name + text);
    return wires().server.decodeFrame(frame)[0] as Message | InvalidMessage;
}

describe("Classes of newer versions of Node.js", () => {
    for (const [name, text] of Object.entries(TEXTS)) {
        it(`Temporal.${name} arrives as it was`, function () {
            const type = globals.Temporal?.[name];
            if (!type) this.skip(); // this version of Node.js does not have Temporal
            const value = type.from(text);
            const [first, again] = sent([value, value]) as [TemporalValue, TemporalValue];
            expect(Object.getPrototypeOf(first)).to.equal(Object.getPrototypeOf(value));
            expect(first.toString()).to.equal(value.toString());
            expect(again).to.equal(first);
            expect((sent(value) as object).constructor.name).to.equal(name);
        });

        it(`Temporal.${name} of a peer is a text where it is missing`, () => {
            const message = without("Temporal", () => decodeTemporal(name, text));
            expect(message).to.include({ kind: "message", data: text });
        });
    }

    it("an object with only a prototype of Temporal is refused", () => {
        class Instant {
            toString(): string {
                throw new TypeError("incompatible receiver");
            }
        }
        const descriptor = Object.getOwnPropertyDescriptor(globalThis, "Temporal");
        Object.defineProperty(globalThis, "Temporal", { value: { Instant }, configurable: true });
        const send = (): unknown => sent([Object.create(Instant.prototype)]);
        try {
            expect(send).to.throw(/inherits from Temporal\.Instant without its content .*, at \[0\]$/);
        } finally {
            Reflect.deleteProperty(globalThis, "Temporal");
            if (descriptor) Object.defineProperty(globalThis, "Temporal", descriptor);
        }
    });

    it("Temporal has no text that is not valid, and no other classes", function () {
        if (!globals.Temporal) this.skip(); // this version of Node.js does not have Temporal
        for (const text of ["", "yesterday", "2026-13-01", "x".repeat(100)]) {
            expect(decodeTemporal("PlainDate", text)).to.deep.include({
                kind: "invalid",
                fault: "a date or time in it is not valid",
            });
        }
        for (const name of ["Now", "constructor", "__proto__"]) {
            expect(decodeTemporal(name, "2026-01-02")).to.include({ kind: "message", data: "2026-01-02" });
        }
    });

    it("a Float16Array arrives as it was", function () {
        const { Float16Array } = globals;
        if (!Float16Array) this.skip(); // this version of Node.js does not have it
        const value = new Float16Array([1.5, -0, 65504]);
        const received = sent({ value }) as { value: ArrayLike<number> };
        expect(received.value).to.be.instanceOf(Float16Array);
        expect(Array.from(received.value)).to.deep.equal([1.5, -0, 65504]);
    });

    it("a Float16Array of a peer has its bytes as a Uint16Array where it is missing", () => {
        const frame = rawFrame([0x00, 0xd3, 10, 2, 0x00, 0x3e, 0xff, 0x7b]);
        const [message] = without("Float16Array", () => wires().server.decodeFrame(frame));
        expect(message).to.have.deep.property("data", Uint16Array.of(0x3e00, 0x7bff));
    });
});
