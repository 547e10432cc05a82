import { expect } from "chai";
import { SockhopError, type SockhopServer } from "../../src";
import { client, later, pair, raw, rawServer, rejection, server, socketPath } from "../support/pair";
import { integerOf } from "../support/integerOf";
import { used } from "../support/memory";
import { next, until } from "../support/eventLoop";

/** JSON values of every type for members that should be strings. */
const NO_TEXTS = [
    "null",
    "true",
    "0",
    "-1e308",
    "1e999",
    "[]",
    "{}",
    '{"toString":1,"valueOf":1}',
    '{"toString":null}',
    '{"__proto__":null,"constructor":{"name":"x"}}',
    "[".repeat(5000) + "]".repeat(5000),
];

interface Heard {
    values: unknown[];
    types: unknown[];
    requests: { type: unknown; uuid: unknown }[];
    codes: unknown[];
}

/** Records the events of a server. */
function heardBy(s: SockhopServer): Heard {
    const heard: Heard = { values: [], types: [], requests: [], codes: [] };
    s.on("receive", (value, meta) => {
        heard.values.push(value);
        heard.types.push(meta.type);
        meta.callback?.("reply");
    });
    s.on("request", (request, response) => {
        heard.requests.push({ type: request.type, uuid: request.uuid });
        void response.send("answer");
    });
    s.on("error", (error: Error & { code?: string }) => heard.codes.push(error.code));
    return heard;
}

describe("values of a peer", () => {
    it("have a string as type, for any type in the frame", async () => {
        const s = server({ path: socketPath() });
        const heard = heardBy(s);
        await s.listen();
        const peer = await raw(s);
        for (const type of NO_TEXTS) {
            peer.write(`{"type":${type},"data":[1]}\n{"type":${type},"data":"x","id":"i"}\n`); // bad frames
            peer.write(`{"type":${type},"data":{"constructor":1}}\n`); // as 1.x sends such an object
            peer.write(`{"type":"SockhopRequest","data":{"uuid":"u","data":1,"type":${type}}}\n`);
        }
        peer.write('{"type":"String","data":"last"}\n');
        await until(() => heard.values.includes("last"));
        expect(heard.types).to.deep.equal([...NO_TEXTS.map(() => "Object"), "String"]);
        expect(heard.requests).to.deep.equal(NO_TEXTS.map(() => ({ type: "Number", uuid: "u" })));
        expect(heard.codes).to.deep.equal(Array<string>(2 * NO_TEXTS.length).fill("ERR_OBJECTBUFFER_BAD_BUFFER_DATA"));
    });

    it("have a string as type in a reply", async () => {
        const { port } = await rawServer((socket) => {
            let text = "";
            socket.on("data", (chunk: Buffer) => {
                const lines = (text += String(chunk)).split("\n");
                text = lines.pop()!;
                for (const line of lines) {
                    const { id, data } = JSON.parse(line) as { id?: string; data: { uuid?: string } };
                    if (id !== undefined) socket.write(`{"type":5,"data":{"constructor":1},"callback_id":"${id}"}\n`);
                    else
                        socket.write(
                            `{"type":"SockhopResponsePacket","data":{"uuid":"${data.uuid!}","type":{},"data":[],"last":true}}\n`,
                        );
                }
            });
        });
        const c = client({ port });
        await c.connect();
        const meta = await new Promise((resolve) => void c.send("call", (_, each) => resolve(each)));
        expect(meta).to.deep.equal({ type: "Object" });
        const stream = await c.request("request");
        expect(await stream.next()).to.deep.equal({ data: [], type: "Array" });
    });

    it("can name requests by numbers or strings; programs receive strings, and the peer its own value", async () => {
        const s = server({ path: socketPath() });
        const heard = heardBy(s);
        await s.listen();
        const peer = await raw(s);
        let text = "";
        peer.on("data", (chunk: Buffer) => (text += String(chunk)));
        for (const uuid of ["7", "1.5", '"7"', '"seven"']) {
            peer.write(`{"type":"SockhopRequest","data":{"uuid":${uuid},"data":1,"type":"Number"}}\n`);
        }
        await until(() => text.split("\n").length === 5);
        expect(heard.requests.map(({ uuid }) => uuid)).to.deep.equal(["7", "1.5", "7", "seven"]);
        const uuids = text
            .trim()
            .split("\n")
            .map((line) => (JSON.parse(line) as { data: { uuid: unknown } }).data.uuid);
        expect(uuids).to.deep.equal([7, 1.5, "7", "seven"]);
    });

    it("have no id that cannot be echoed, and no type that cannot be a class name", async () => {
        const s = server({ path: socketPath() });
        const heard = heardBy(s);
        await s.listen();
        const peer = await raw(s);
        const long = JSON.stringify("x".repeat(1025));
        for (const id of ["1e999", "{}", "[1]", "true", long]) peer.write(`{"type":"String","data":"no","id":${id}}\n`);
        for (const uuid of ["1e999", "{}", "[1]", "true", long]) {
            peer.write(`{"type":"SockhopRequest","data":{"uuid":${uuid},"data":1}}\n`);
        }
        peer.write(`{"type":${long},"data":"no"}\n{"type":"SockhopRequest","data":{"uuid":"u","type":${long}}}\n`);
        peer.write('{"type":"String","data":"last"}\n');
        await until(() => heard.values.includes("last"));
        expect(heard.codes).to.deep.equal(Array(12).fill("ERR_OBJECTBUFFER_BAD_BUFFER_DATA"));
        expect(heard.values).to.deep.equal(["last"]);
    });

    for (const said of [...NO_TEXTS.slice(1).map((message) => `{"message":${message}}`), ...NO_TEXTS.slice(1)]) {
        it(`make a request fail with any error: ${said.slice(0, 50)}`, async () => {
            const { port } = await rawServer((socket) => {
                socket.once("data", (chunk: Buffer) => {
                    const { uuid } = (JSON.parse(String(chunk)) as { data: { uuid: string } }).data;
                    socket.write(
                        `{"type":"SockhopResponsePacket","data":{"uuid":"${uuid}","data":{},"last":true,"error":${said}}}\n`,
                    );
                });
            });
            const c = client({ port });
            await c.connect();
            const settled = c.ask("request");
            // 0 is no error, as in 1.x.
            if (said === "0") {
                expect(await settled).to.deep.equal({});
                return;
            }
            const error = await rejection(settled);
            expect(error).to.be.instanceOf(SockhopError);
            expect(error.code).to.equal("ERR_REQUEST_FAILED");
            expect(error.message).to.be.a("string");
        });
    }

    it("cannot make an error grow without limit", async () => {
        const { s, c } = await pair();
        s.on("request", (_, response) => void response.fail(new Error("x".repeat(1e6))));
        expect((await rejection(c.ask(1))).message).to.have.length(4096);
    });

    it("are not retained after their connection has closed", async () => {
        const s = server({ path: socketPath() });
        heardBy(s);
        await s.listen();
        const sockets: unknown[] = [];
        s.on("connect", (socket) => sockets.push(socket)); // keeps the sockets
        const big = "A".repeat(8 * 2 ** 20);
        const before = used();
        for (const text of [
            () => `{"data":1,"type":"${big}"}\n`,
            () => `{"type":"SockhopRequest","data":{"uuid":"u","data":1,"type":"${big}"}}\n`,
            () => `{"type":"String","data":1,"id":"${big}"}\n`,
            () => `{"type":"String","data":"${big}`,
            () => `{"type":"SockhopPong","data":{"_id":"${big}","_returned":"${big}"}}\n`,
            () => `POST /${big} HTTP/1.1\n`,
        ]) {
            const peer = await raw(s);
            const gone = next(s, "disconnect");
            peer.end(text());
            await gone;
        }
        await until(() => s.sockets.length === 0);
        expect(used() - before).to.be.below(6 * 2 ** 20);
        expect(sockets).to.have.length(6);
    });

    it("are not retained after their connection has closed, with the codec binary", async () => {
        const s = server({ path: socketPath(), codec: "binary" });
        s.on("receive", () => undefined).on("request", (_, response) => void response.send(1));
        s.on("error", () => undefined);
        s.handle("A handler that fails", () => Promise.reject(new Error("no")));
        await s.listen();
        const send = async (type: string, size: number): Promise<void> => {
            const c = client({ path: s.path!, codec: "binary" });
            const agreed = next(c, "codec");
            await c.connect();
            await agreed;
            const url = new URL(`data:,${"A".repeat(size)}`); // the codec tests it with a pattern
            const value = { text: "A".repeat(size), url, number: 2n ** 80n };
            if (type.startsWith("Received")) await c.send(value, null, { type });
            else await c.ask(value, { type }).catch(() => undefined);
            await c.flush();
            const gone = next(s, "disconnect");
            await c.disconnect();
            await gone;
        };
        await send("Received first of all", 2 ** 23); // creates buffers that the codec keeps
        const before = used();
        for (const type of ["Received type of a peer", "Requested type of a peer", "A handler that fails"]) {
            await send(type, 2 ** 23);
        }
        expect(used() - before).to.be.below(6 * 2 ** 20);
    });

    it("do not retain the chunk of a short string", async () => {
        const s = server({ path: socketPath(), peer_type: "json", allow_non_objects: true });
        const texts: unknown[] = [];
        s.on("receive", (value) => {
            if (String(value).startsWith("keep")) texts.push(value);
        });
        await s.listen();
        const peer = await raw(s);
        const before = used();
        for (let n = 0; n < 200; n++) {
            peer.write(`keep me, please ${n}\n${"x".repeat(60_000)}\n`);
            await until(() => texts.length === n + 1);
        }
        expect(used() - before).to.be.below(6 * 2 ** 20);
    });

    it("do not retain the frame of bytes of a short string, or of a type", async () => {
        const s = server({ path: socketPath(), codec: "binary" });
        const texts: unknown[] = [];
        s.on("receive", ({ name }: { name: string }, { type }: { type: string }) => texts.push(name, type));
        await s.listen();
        const c = client({ path: s.path, codec: "binary" });
        await c.connect();
        const before = used();
        for (let n = 0; n < 200; n++) {
            const value = { name: `keep me, please ${n}`, rest: "x".repeat(60_000) };
            await c.send(value, undefined, { type: `a long name of a type ${n}` });
            await until(() => texts.length === 2 * (n + 1));
        }
        expect(c.codec).to.equal("binary");
        expect(used() - before).to.be.below(6 * 2 ** 20);
    });

    it("cannot make the keys of open requests collide", async () => {
        const s = server({ path: socketPath() });
        let count = 0;
        s.on("request", () => (count += 1)); // replies later
        s.on("error", () => undefined);
        await s.listen();
        const flood = async (key: (n: number) => string): Promise<number> => {
            count = 0;
            const peer = await raw(s);
            let text = "";
            for (let n = 1; n <= 15_000; n++)
                text += `{"type":"SockhopRequest","data":{"uuid":${key(n)},"data":1,"type":"Number"}}\n`;
            const { user } = process.cpuUsage();
            peer.write(text);
            await until(() => count === 15_000);
            peer.destroy();
            return process.cpuUsage().user - user;
        };
        await flood((n) => String(n * 7));
        const plain = await flood((n) => String(n * 7 + 3));
        for (const key of [
            (n: number) => String(integerOf(n << 16)),
            (n: number) => `"${(integerOf(n << 16) >>> 0) % 2 ** 24}x${n}"`,
        ]) {
            expect(await flood(key)).to.be.below(6 * plain + 200_000);
        }
    });

    it("that are not messages are cheap, and many in succession close the connection", async () => {
        const s = server({ path: socketPath() });
        const heard = heardBy(s);
        await s.listen();
        const [bad, good] = [await raw(s), await raw(s)];
        const gone = next(bad, "close");
        bad.resume().write("x\n".repeat(999) + '{"type":"String","data":"good"}\n' + "x\n".repeat(2 ** 17));
        await gone;
        good.write('{"type":"String","data":"other"}\n');
        await until(() => heard.values.includes("other"));
        expect(heard.values).to.deep.equal(["good", "other"]);
        expect(heard.codes).to.deep.equal(Array(1999).fill("ERR_OBJECTBUFFER_BAD_BUFFER_DATA"));
    });

    it("are escaped when printed", async () => {
        const s = server();
        s.on("receive", () => undefined);
        await s.listen();
        const printed: string[] = [];
        const emitWarning = process.emitWarning.bind(process);
        process.emitWarning = (text: string | Error) => void printed.push(String(text));
        later(() => (process.emitWarning = emitWarning));
        class Bad extends Error {
            override message = "one\r\n\u001b[2J\u202Etwo";
        }
        s["_reportError"](new Bad(), null);
        expect(printed).to.have.length(1);
        expect(printed[0]).to.match(/^one �\[2J�two \(add/);
    });
});

describe("web pages", () => {
    const OPTIONS = [
        {},
        { allow_non_objects: true },
        { peer_type: "json" },
        { peer_type: "json", allow_non_objects: true },
    ];
    for (const options of [...OPTIONS, ...OPTIONS.map((each) => ({ ...each, terminator: "\r\n" }))]) {
        it(`cannot send messages with the body of a POST: ${JSON.stringify(options)}`, async () => {
            const s = server({ path: socketPath(), ...options });
            const heard = heardBy(s);
            await s.listen();
            const peer = await raw(s);
            const closed = next(peer, "close");
            peer.resume().write(
                'POST / HTTP/1.1\r\nHost: localhost\r\n\r\n{"type":"String","data":"do it"}\r\n{"type":"String","data":"do it"}',
            );
            peer.end();
            await closed;
            expect(heard.values).to.deep.equal([]);
            expect(heard.codes).to.deep.equal(["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]);
        });
    }
});

describe("end of a stream", () => {
    async function said(options: object, text: string): Promise<Heard> {
        const s = server({ path: socketPath(), ...options });
        const heard = heardBy(s);
        await s.listen();
        const gone = next(s, "disconnect");
        (await raw(s)).end(text);
        await gone;
        return heard;
    }

    it("ends the last line of a json peer", async () => {
        for (const last of ['{"n":2}', "[]", '"x"', "5", '\uFEFF{"n":2}'.slice(1)]) {
            const { values, codes } = await said({ peer_type: "json" }, `{"n":1}\n${last}`);
            expect([values, codes], last).to.deep.equal([[{ n: 1 }, JSON.parse(last)], []]);
        }
    });

    it("is reported in the middle of a frame", async () => {
        for (const [options, text] of [
            [{ peer_type: "json" }, '{"n":1'],
            [{ peer_type: "json", allow_non_objects: true }, "half a li"],
            [{}, '{"type":"String","data":1}'],
        ] as const) {
            const { values, codes } = await said(options, text);
            expect([values, codes], text).to.deep.equal([[], ["ERR_OBJECTBUFFER_BAD_BUFFER_DATA"]]);
        }
    });

    it("is no error after a blank line", async () => {
        expect((await said({ peer_type: "json" }, "1\n\r\n  ")).codes).to.deep.equal([]);
    });
});

describe("blank lines and a byte order mark", () => {
    it("are neither messages nor errors", async () => {
        for (const options of [{}, { peer_type: "json" }]) {
            const s = server({ path: socketPath(), ...options });
            const heard = heardBy(s);
            await s.listen();
            (await raw(s)).write('\uFEFF{"type":"Number","data":1}\r\n\r\n\n \t\n{"type":"Number","data":2}\n\n');
            await until(() => heard.values.length === 2);
            expect(heard.codes).to.deep.equal([]);
        }
    });

    it("do not block other connections", async () => {
        const s = server({ path: socketPath() });
        const heard = heardBy(s);
        await s.listen();
        const [blank, other] = [await raw(s), await raw(s)];
        const { user } = process.cpuUsage();
        blank.write("\n".repeat(2 ** 17));
        other.write('{"type":"String","data":"served"}\n');
        await until(() => heard.values.length === 1);
        expect(process.cpuUsage().user - user).to.be.below(2e6); // 3 s before
    });
});

describe("pings to a json peer", () => {
    it("have no envelope, as in 1.8.4", async () => {
        let text = "";
        const { port } = await rawServer((socket) => socket.on("data", (chunk: Buffer) => (text += String(chunk))));
        const c = client({ port, peer_type: "json" });
        await c.connect();
        c.ping(20);
        await until(() => text.includes("\n"));
        expect(JSON.parse(text.split("\n")[0]!)).to.have.all.keys("_id", "_created", "_returned", "_finished");
    });
});
