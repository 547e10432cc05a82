import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";

import { client, later, pair, placeOf, received, rejection, server, socketPath } from "../support/pair";
import { own, secureServer, secureClient, securePair } from "../support/tls";

describe("TLS", () => {
    for (const [where, place] of [
        ["TCP", () => ({})],
        ["a Unix domain socket", () => ({ path: socketPath() })],
    ] as const) {
        describe(`over ${where}`, () => {
            it("transfers values, callbacks and requests in both directions", async () => {
                const { s, c, socket } = await securePair(place());
                for (const end of [socket, c.socket]) expect(end).to.be.instanceOf(tls.TLSSocket);
                for (const end of [s, c]) {
                    end.on("receive", (value: number, { callback }: { callback?: (answer: unknown) => void }) => {
                        callback?.(value * 2);
                    });
                    end.on(
                        "request",
                        (request: { data: number }, response: { send(value: unknown): Promise<void> }) => {
                            void response.send(request.data * 3);
                        },
                    );
                }

                const atServer = received(s, 1);
                await c.send({ up: true });
                expect(await atServer).to.deep.equal([{ up: true }]);
                const atClient = received(c, 1);
                await s.sendall("down");
                expect(await atClient).to.deep.equal(["down"]);

                expect(await new Promise((resolve) => void c.send(1, resolve))).to.equal(2);
                expect(await new Promise((resolve) => void s.send(socket, 2, resolve))).to.equal(4);
                expect(await c.ask(3)).to.equal(9);
                expect(await s.ask(socket, 4)).to.equal(12);
            });

            it("sends no plain text", async () => {
                const s = await secureServer({}, place());
                const wire: Buffer[] = [];
                const tap = net.createServer((near) => {
                    const { path, port } = placeOf(s);
                    const far = path ? net.connect(path) : net.connect(port!, "127.0.0.1");
                    for (const [from, to] of [
                        [near, far],
                        [far, near],
                    ] as const) {
                        from.on("data", (chunk) => wire.push(chunk)).on("error", () => to.destroy());
                        from.pipe(to);
                    }
                });
                tap.listen(0, "127.0.0.1");
                await once(tap, "listening");
                later(() => tap.close());
                const c = secureClient(s, {}, { path: null, port: (tap.address() as net.AddressInfo).port });
                const arrived = received(s, 1);
                await c.connect();
                await c.send("a secret");
                expect(await arrived).to.deep.equal(["a secret"]);
                const bytes = Buffer.concat(wire);
                expect(bytes.length).to.be.greaterThan(500);
                expect(bytes.includes("secret")).to.equal(false);
            });
        });
    }

    describe("is enabled", () => {
        it("by ssl alone", async () => {
            const c = client({ ...placeOf(await secureServer()), ssl: true });
            expect(await rejection(c.connect())).to.have.property("code", "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
        });

        it("by a single member of ssl_options", async () => {
            const c = client({ ...placeOf(await secureServer()), ssl_options: { rejectUnauthorized: false } });
            await c.connect();
            expect(c.socket).to.be.instanceOf(tls.TLSSocket);
            expect(c.socket).to.have.property("authorized", false);
        });

        it("not by empty ssl_options", async () => {
            const { c } = await pair({ ssl_options: {} });
            expect(c.socket).to.not.be.instanceOf(tls.TLSSocket);
        });

        it("without a change to the given options", async () => {
            const options = Object.freeze({ ...own });
            const s = server({ ssl_options: options });
            await s.listen();
            await secureClient(s).connect();
            expect(options).to.deep.equal(own);
        });
    });
});
