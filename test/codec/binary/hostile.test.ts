import { expect } from "chai";
import { classRegistry } from "../../../src/codec/classes";
import type { InvalidMessage, Message } from "../../../src/protocol/Message";
import { integerOf } from "../../support/integerOf";
import { rawFrame, wires } from "./support";

function decode(bytes: readonly number[], text = "", encoding = 0): (Message | InvalidMessage)[] {
    class Point {}
    class Own {
        static fromJSON(data: unknown): unknown {
            return data;
        }
    }
    return wires({ maxSize: 100_000, classes: classRegistry([Point, Own]) }).server.decodeFrame(
        rawFrame(bytes, text, encoding),
    );
}

/** Fault of the only message. */
function fault(bytes: readonly number[], text?: string, encoding?: number): string {
    const messages = decode(bytes, text, encoding);
    const [first] = messages;
    if (first?.kind !== "invalid" || messages.length !== 1) throw new Error(JSON.stringify(messages));
    return first.fault.replace("the frame is not valid: ", "");
}

describe("Frames of a hostile peer", () => {
    const maxVarint = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
    const faults: Record<string, [bytes: number[], text?: string, encoding?: number]> = {
        "a message in it has no known kind": [[0x06, 0]],
        "a message in it does not end": [[0x00, 0xc5], "x".repeat(20)],
        "its text is too short": [[0x00, 0x82], "x"],
        "its text has no known encoding": [[0x00, 0x81], "x", 3],
        "its text has half a character": [[0x00, 0x81], "x", 2],
        "it announces more items than it has": [[0x00, 0xc7, ...maxVarint]],
        "it announces more members than it has": [[0x00, 0xc8, 5], "T\0a\0b"],
        "a number in it does not end": [[0x00, 0xc7, ...new Array<number>(16).fill(0xff)]],
        "a number in it is too large": [[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0]],
        "a call or request in it has the number 0": [[0x01, 0, 0xc0]],
        "a shape in it is not defined": [[0x00, 0xe0]],
        "a shape in it is not valid": [[0x00, 0xc8, 1, 0], "T"],
        "a name in it is too long": [[0x00, 0xc8, 0x81, 0x08], "x".repeat(1025)],
        "an object in it is not defined": [[0x00, 0xd9, 0]],
        "binary data in it has no known class": [[0x00, 0xd3, 99, 0]],
        "integers in it have a size of their own": [[0x00, 0xdd, 3, 0]],
        "a value in it has no known kind": [[0x00, 0xdb]],
        "an error in it has no message": [[0x00, 0xd8, 1, 5, 0], "E"],
        "a BigInt in it is not valid": [[0x00, 0xd1, 2], "0x"],
        "a RegExp in it is not valid": [[0x00, 0xd6, 1, 0], "("],
        "a URL in it is not valid": [[0x00, 0xd7, 1], "x"],
        "the type of a message is reserved": [[0x80, 1, 11], "SockhopPing"],
        "an instance of a class with fromJSON contains itself": [[0x40, 0xdc, 3, 0xc7, 1, 0xd9, 0], "Own"],
    };
    for (const [text, input] of Object.entries(faults))
        it(`are refused: ${text}`, () => expect(fault(...input)).to.equal(text));

    const failures: Record<string, [bytes: number[], text?: string]> = {
        "a number": [[5]],
        null: [[0xc0]],
        "a Map": [[0xd4, 0]],
        "an Error": [[0xd8, 0, 0x80, 0]],
        "no members": [[0xca, 0, 0]],
        "an array that has another one twice": [[0xc7, 2, 0xc7, 0, 0xd9, 1]],
        "a message that is an array": [[0xca, 0, 2, 4, 0x81, 7, 0xc7, 0], "codeEmessage"],
        "a long message": [[0xca, 0, 2, 4, 0x81, 7, 0xc6, 0x81, 0x20], `codeEmessage${"x".repeat(4097)}`],
        "a long code": [[0xca, 0, 2, 7, 0x81, 4, 0xc6, 0x81, 2], `messageEcode${"x".repeat(257)}`],
        "a remote that is an array": [[0xca, 0, 3, 4, 0x81, 7, 0x81, 6, 0xc7, 0], "codeEmessageEremote"],
    };
    for (const [what, [bytes, text]] of Object.entries(failures)) {
        it(`fail a request, if its error is ${what}`, () => {
            expect(decode([0x6c, 1, 0xc0, ...bytes], text)).to.have.lengthOf(1);
            expect(decode([0x6c, 1, 0xc0, ...bytes], text)[0])
                .to.include({ kind: "invalid", fault: "the error of a response is not valid" })
                .with.deep.property("refused", { kind: "response", id: 1, hasUuid: false, errors: true });
        });
    }

    it("fail a request with the error that they have", () => {
        const [message] = decode([0x2c, 1, 0xc0, 0xca, 0, 2, 4, 0x81, 7, 0x81], "codeEmessageM");
        expect((message as Message).data).to.have.deep.property("error", { code: "E", message: "M" });
    });

    const varint = (n: number): number[] => (n < 128 ? [n] : [0x80 | (n % 128), ...varint(Math.floor(n / 128))]);

    for (const [source, flags] of [
        ["\\p{RGI_Emoji}".repeat(78), "iv"],
        ["a", "v"],
        ["\\P{L}".repeat(200), "u"],
        ["[\\p{L}]", "iu"],
    ] as const) {
        it(`are refused in bounded time, if they have the RegExp /${source.slice(0, 16)}/${flags}`, () => {
            const bytes = [0x00, 0xd6, ...varint(source.length), flags.length];
            expect(fault(bytes, source + flags)).to.equal("a RegExp in it has the flag v, or a property of Unicode");
        });
    }

    it("can have other RegExps", () => {
        for (const [source, flags] of [
            ["\\p{2}", ""],
            ["[^\\W]{1,9}", "iu"],
        ] as const) {
            const bytes = [0x00, 0xd6, source.length, flags.length];
            expect(decode(bytes, source + flags)[0]).to.have.deep.property("data", new RegExp(source, flags));
        }
    });

    for (const [what, text, encoding] of [
        ["a host that is not ASCII", "http://ä/", 0],
        ["a long host", `http://${"a".repeat(2000)}/`, 0],
        ["a long host behind one slash", `http:/${"a".repeat(2000)}/`, 0],
        ["a long host behind a backslash", `http:\\\\${"a".repeat(2000)}/`, 0],
        ["a long host behind a line break", `ht\ntp://${"%E4%B8%80".repeat(2000)}/`, 0],
        ["a long host behind a space", ` http://${"a".repeat(2000)}/`, 0],
        ["a long host of Chinese", `http://${"\u4e00".repeat(16_000)}/`, 1],
    ] as const) {
        it(`are refused in bounded time, if they have a URL with ${what}`, () => {
            const bytes = [0x00, 0xd7, ...varint(text.length)];
            expect(fault(bytes, text, encoding)).to.equal("a URL in it is too long, or is not ASCII");
        });
    }

    it("can have long URLs", () => {
        const x = "x ".repeat(10_000);
        const urls = [
            `http://a/${x}y`,
            `file:///${x}y`,
            `data:text/plain,${x}y`,
            `https://u:p@h:1?${x}#`,
            `ws://a#${x}y`,
        ];
        for (const { href } of urls.map((url) => new URL(url))) {
            expect(decode([0x00, 0xd7, ...varint(href.length)], href)[0]).to.have.deep.property("data", new URL(href));
        }
    });

    it("make no values behind one that cannot be made", () => {
        const count = 6000;
        const bytes = [0x00, 0xc7, ...varint(count), ...Array.from({ length: count }, () => [0xd6, 1, 0]).flat()];
        const { RegExp: original } = globalThis;
        let made = 0;
        globalThis.RegExp = new Proxy(original, {
            construct(target, args: [string]) {
                made += 1;
                return new target(...args);
            },
        });
        try {
            expect(fault(bytes, "(".repeat(count))).to.equal("a RegExp in it is not valid");
        } finally {
            globalThis.RegExp = original;
        }
        expect(made).to.equal(1);
    });

    it("can have large BigInts in Sets and Maps, but few with the same low 64 bits", () => {
        const set = (type: number, count: number, digits: (n: number) => string): [number[], string] => {
            const items = Array.from({ length: count }, (_, n) => digits(n + 1));
            const value = type === 0xd4 ? [0xc0] : [];
            const bytes = items.flatMap((text) => [0xd1, ...varint(text.length), ...value]);
            return [[0x00, type, ...varint(count), ...bytes], items.join("")];
        };
        const low = (n: number): string => `${n.toString(16)}0000000000000000`;
        const high = (n: number): string => `ffffffffffffffff${n.toString(16).padStart(16, "0")}`;
        expect(fault(...set(0xd5, 4000, low))).to.equal("a Set in it has too many numbers with the same hash");
        expect(fault(...set(0xd4, 17, (n) => `-${low(n)}`))).to.match(/^a Map in it has too many numbers/);
        expect(decode(...set(0xd4, 16, low))[0]).to.have.nested.property("data.size", 16);
        expect(decode(...set(0xd5, 2000, high))[0]).to.have.nested.property("data.size", 2000);
        expect(decode(...set(0xd5, 5000, (n) => n.toString(16)))[0]).to.have.nested.property("data.size", 5000);
    });

    it("can have few numbers with the same hash in Sets and Maps", () => {
        const int32 = (n: number): number[] => [...Buffer.from(Int32Array.of(integerOf(n << 16)).buffer)];
        const items = (count: number, ...value: number[]): number[] =>
            Array.from({ length: count }, (_, n) => [0xc4, ...int32(n), ...value]).flat();
        expect(decode([0x00, 0xd5, ...varint(320), ...items(320)])[0]).to.have.nested.property("data.size", 320);
        expect(fault([0x00, 0xd5, ...varint(321), ...items(321)])).to.equal(
            "a Set in it has too many numbers with the same hash",
        );
        expect(fault([0x00, 0xd4, ...varint(321), ...items(321, 0xc0)])).to.equal(
            "a Map in it has too many numbers with the same hash",
        );
    });

    it("can repeat a number in a Set or Map, whose last value counts, without a search for each", () => {
        const int32 = (n: number): number[] => [0xc4, ...Buffer.from(Int32Array.of(integerOf(n << 16)).buffer)];
        const items = (...value: number[]): number[] =>
            Array.from({ length: 10_000 }, (_, n) => [...int32(n % 320), ...value]).flat();
        let searches = 0;
        const { set } = Map.prototype; // eslint-disable-line @typescript-eslint/unbound-method -- called with a Map
        Map.prototype.set = function (...entry): typeof this {
            if (typeof entry[0] === "number") searches += 1;
            return set.apply(this, entry);
        };
        try {
            const [message] = decode([0x00, 0xd4, ...varint(10_001), ...items(0xc0), ...int32(5), 7]) as [Message];
            expect(searches).to.be.below(1000);
            const map = message.data as Map<unknown, unknown>;
            expect(map.size).to.equal(320);
            expect(map.get(integerOf(5 << 16))).to.equal(7);
        } finally {
            Map.prototype.set = set;
        }
        expect(decode([0x00, 0xd5, ...varint(10_000), ...items()])[0]).to.have.nested.property("data.size", 320);
        expect(fault([0x00, 0xd5, ...varint(10_001), ...items(), ...int32(320)])).to.match(/^a Set in it has too many/);
    });

    it("begin their messages in the first 64 KiB", () => {
        const messages = (count: number): number[] => Array.from({ length: count }, () => [0x00, 0xc0]).flat();
        expect(decode(messages(32_768))).to.have.lengthOf(32_768);
        expect(decode(messages(32_768)).at(-1)).to.include({ kind: "message" });
        expect(decode(messages(49_000))).to.have.lengthOf(32_769);
        expect(decode(messages(49_000)).at(-1)).to.include({
            fault: "the frame is not valid: it has too many messages",
        });
        const large = [0x00, 0xc7, ...varint(90_000), ...new Array<number>(90_000).fill(0xc0)];
        expect(decode([0x00, 1, 0x00, 2, ...large]).map(({ kind }) => kind)).to.deep.equal(Array(3).fill("message"));
        expect(decode([...large, 0x00, 1]).map(({ kind }) => kind)).to.deep.equal(["message", "invalid"]);
    });

    for (const [what, bytes, text] of [
        ["Maps", [0xd4, 0]],
        ["Sets", [0xd5, 0]],
        ["Buffers", [0xd3, 0, 0]],
        ["ArrayBuffers", [0xd3, 1, 0]],
        ["Errors", [0xd8, 0, 0x80, 0]],
        ["RegExps", [0xd6, 1, 0], "x"],
        ["URLs", [0xd7, 2], "a:"],
    ] as [string, number[], string?][]) {
        it(`have at most one of their ${what} for each 16 bytes of max_message_size`, () => {
            const many = (count: number): [number[], string] => [
                [0x00, 0xc7, ...varint(count), ...Array.from({ length: count }, () => bytes).flat()],
                (text ?? "").repeat(count),
            ];
            expect(decode(...many(6250))[0]).to.have.nested.property("data.length", 6250);
            expect(fault(...many(6251))).to.equal("a message in it has too many objects");
        });
    }

    it("are refused: sizes, mark, format", () => {
        const { server } = wires();
        const good = rawFrame([0x00, 1]);
        expect(server.decodeFrame(good)[0]).to.include({ kind: "message", data: 1 });
        for (const at of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
            const bad = Buffer.from(good);
            bad[at] = bad[at]! + 3;
            expect(server.decodeFrame(bad)[0]).to.include({ kind: "invalid" });
        }
        for (let length = 0; length < good.length; length++) {
            expect(server.decodeFrame(good.subarray(0, length))[0]).to.include({ kind: "invalid" });
        }
    });

    it("deliver the messages before a fault", () => {
        expect(decode([0x00, 1, 0x00, 2, 0x00, 0xe5, 0x00, 3]).map(({ kind }) => kind)).to.deep.equal([
            "message",
            "message",
            "invalid",
        ]);
        expect(decode([0x00, 0x81], "xy")[1]).to.include({ fault: "the frame is not valid: its text is too long" });
        // A value that cannot be made does not hide the messages behind it.
        expect(decode([0x00, 0xd7, 1, 0x00, 3], "x").map(({ kind }) => kind)).to.deep.equal(["invalid", "message"]);
    });

    it("do not nest deeper than 1000 levels", () => {
        const nested = (...start: number[]): number[] =>
            Array.from({ length: 50_000 }, (_, n) => start[n % start.length]!);
        expect(fault([0x00, ...nested(0xc7, 1)])).to.equal("it has more than 1000 levels");
        expect(fault([0x00, ...nested(0xd5, 1)])).to.equal("it has more than 1000 levels");
        expect(fault([0x00, ...nested(0xdc, 0)])).to.equal("it has more than 1000 levels");
        expect(fault([0x00, 0xc8, 3, ...nested(0xe0)], "T\0a")).to.equal("it has more than 1000 levels");
    });

    it("do not exceed the maximum size of a message, as UTF-8", () => {
        const text = "é".repeat(60_000);
        expect(fault([0x00, 0xc6, 0xe0, 0xd4, 0x03], text)).to.contain("larger than max_message_size (100000 bytes)");
        expect(decode([0x00, 0xc6, 0xe0, 0xd4, 0x03], "x".repeat(60_000))[0]).to.include({ kind: "message" });
    });

    it("set no prototypes, and call no constructors", () => {
        const [first] = decode([0x00, 0xc8, 11, 0xca, 0, 1, 1, 7], "T\0__proto__a") as Message[];
        expect(Object.getPrototypeOf(first!.data)).to.equal(Object.prototype);
        expect(Object.keys(first!.data as object)).to.deep.equal(["__proto__"]);
        expect((first!.data as { a?: unknown }).a).to.equal(undefined);
        const [second] = decode(
            [0x00, 0xc8, 12, 1],
            "Object\0valueOf".slice(0, 14).replace("valueOf", "a\0b\0c"),
        ) as Message[];
        expect(second!.kind).to.equal("invalid");
    });
});

describe("Classes and a hostile peer", () => {
    class Color {
        static readonly red = new Color();
        static fromJSON(data: unknown): Color {
            if (data !== "red") throw new TypeError("no color");
            return Color.red;
        }
    }
    class Widget {}
    /** Validates its data, and keeps it. */
    class Account {
        constructor(readonly data: unknown) {}
        static calls = 0;
        static fromJSON(data: unknown): Account {
            Account.calls += 1;
            return new Account(data);
        }
    }
    const classes = classRegistry([Color, Widget, Account]);
    const decode = (bytes: readonly number[], text: string, maxSize = 2 ** 20): (Message | InvalidMessage)[] =>
        wires({ classes, maxSize }).server.decodeFrame(rawFrame(bytes, text));
    const only = (bytes: readonly number[], text: string): unknown => (decode(bytes, text)[0] as Message).data;

    it("cannot change the class of an object that fromJSON() has returned", () => {
        expect(only([0x00, 0xdc, 6, 0xdc, 5, 0x83], "WidgetColorred")).to.equal(Color.red);
        expect(only([0x80, 0xdc, 5, 0x83, 6], "ColorredWidget")).to.equal(Color.red);
        expect(only([0x00, 0xdc, 7, 0xdc, 5, 0x83], "AccountColorred")).to.equal(Color.red);
        expect(only([0xc0, 0xc7, 2, 0xdc, 5, 0x83, 0xdc, 6, 0xd9, 0, 6], "ColorredWidgetWidget")).to.be.an("array");
        expect(Object.getPrototypeOf(Color.red)).to.equal(Color.prototype);
    });

    it("cannot change the class of an object that fromJSON() has checked", () => {
        // [dc Account {a: Map}, dc Widget (that Map or object)], with numbers: array 0, object 1, object 2
        const [account, other] = only(
            [0x40, 0xc7, 2, 0xdc, 7, 0xca, 0, 1, 1, 0xca, 0, 0, 0xdc, 6, 0xd9, 2],
            "AccountaWidget",
        ) as [Account, object];
        expect((account.data as { a: object }).a).to.equal(other);
        expect(Object.getPrototypeOf(other)).to.equal(Object.prototype);
        // The same, with a class around it that is not registered, or that has no name
        for (const name of ["", "?"]) {
            const [kept, same] = only(
                [0x40, 0xc7, 2, 0xdc, 7, 0xca, 0, 1, 1, 0xca, 0, 0, 0xdc, 6, 0xdc, name.length, 0xd9, 2],
                `AccountaWidget${name}`,
            ) as [Account, object];
            expect((kept.data as { a: object }).a).to.equal(same);
            expect(Object.getPrototypeOf(same)).to.equal(Object.prototype);
        }
    });

    it("cannot make an instance of one class another one by the type of the message", () => {
        expect(only([0x80, 0xca, 6, 0, 7], "WidgetAccount")).to.be.instanceOf(Widget);
        expect(only([0x80, 0xdc, 7, 1, 6], "AccountWidget")).to.be.instanceOf(Account);
        expect(only([0x80, 0xd4, 0, 6], "Widget")).to.be.instanceOf(Map);
        expect(Object.getPrototypeOf(only([0x80, 0xd4, 0, 6], "Widget"))).to.equal(Map.prototype);
    });

    it("revive plain data by the type of the message, and nested instances in it", () => {
        const widget = only([0x80, 0xca, 0, 1, 1, 0xdc, 5, 0x83, 6], "aColorredWidget");
        expect(widget).to.be.instanceOf(Widget).and.have.property("a", Color.red);
        const account = only([0x00, 0xdc, 7, 0xc7, 1, 0xdc, 5, 0x83], "AccountColorred") as Account;
        expect(account.data).to.deep.equal([Color.red]);
    });

    it("pass nothing to fromJSON() that is behind the message, or above max_message_size", () => {
        const { calls } = Account;
        expect(decode([0x00, 0xdc, 7, 0xc5], "Account12345678")[0]).to.include({ kind: "invalid" });
        expect(decode([0x00, 0xdc, 7, 0xbf], `Account${"x".repeat(63)}`, 60)[0])
            .to.include({ kind: "invalid" })
            .with.property("fault")
            .that.contains("larger than max_message_size (60 bytes)");
        expect(Account.calls).to.equal(calls);
    });
});
