import { expect } from "chai";
import { once } from "node:events";
import { type SockhopRequest, type SockhopResponseWriteableStream, SockhopResponsePacket } from "../../src";
import { typeName } from "../../src/protocol/typeName";
import { pair, rejection } from "../support/pair";

/** A minified class, with a name of one letter. */
class w {
    static readonly sockhop_type = "Widget";
    n = 1;
}

describe("sockhop_type", () => {
    it("is the type name of a class that has it", () => {
        expect(typeName(new w())).to.equal("Widget");
    });

    it("can be a getter", () => {
        class Model {
            static get sockhop_type(): string {
                return "stated";
            }
        }
        expect(typeName(new Model())).to.equal("stated");
    });

    it("is not inherited: a subclass has its own, or uses its class name", () => {
        class Gadget extends w {}
        class Gizmo extends w {
            static override readonly sockhop_type: any = "gizmo"; // eslint-disable-line -- of another literal type
        }
        expect([new w(), new Gadget(), new Gizmo()].map(typeName)).to.deep.equal(["Widget", "Gadget", "gizmo"]);
    });

    it("is ignored if it is not a string, or empty", () => {
        for (const stated of ["", 5, null, undefined, {}, ["Widget"], Symbol("Widget"), () => "Widget"]) {
            class Plain {
                static sockhop_type: unknown = stated;
            }
            expect(typeName(new Plain())).to.equal("Plain");
        }
    });

    it("is not read from the data, nor from the class of its class", () => {
        expect(typeName({ sockhop_type: "Evil" })).to.equal("Object");
        expect(typeName({ constructor: { sockhop_type: "Evil" } })).to.equal("Object");
        expect(typeName(JSON.parse('{"__proto__":{"constructor":{"sockhop_type":"Evil"}}}'))).to.equal("Object");
        class Plain {
            sockhop_type = "Evil";
        }
        expect(typeName(new Plain())).to.equal("Plain");
    });

    it("is Object if a name cannot be read", () => {
        class Thrower {
            static get sockhop_type(): string {
                throw new Error("not readable");
            }
        }
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        const secretive = Object.create(null, {
            constructor: {
                get() {
                    throw new Error("not readable");
                },
            },
        }) as unknown;
        expect([new Thrower(), proxy, secretive].map(typeName)).to.deep.equal(["Object", "Object", "Object"]);
    });

    it("is sent with messages, callbacks, requests and their responses, in both directions", async () => {
        const { s, c } = await pair();
        const types: unknown[] = [];
        s.on("receive:Widget", (_, meta) => {
            types.push(meta.type);
            meta.callback?.(new w());
        });
        s.on("request:Widget", (request: SockhopRequest, response: SockhopResponseWriteableStream) => {
            types.push(request.type);
            void response.write(new w());
            void response.send(new w());
        });
        for await (const { type } of await c.request(new w())) types.push(type);
        await new Promise((resolve) => void c.send(new w(), resolve));
        const heard = once(c, "receive:Widget");
        await s.sendall(new w());
        const [, meta] = (await heard) as [unknown, { type: string }];
        expect([...types, meta.type]).to.deep.equal(Array(5).fill("Widget"));
        expect(new SockhopResponsePacket({ data: new w() }).type).to.equal("Widget");
    });

    it("cannot be a name of the library", async () => {
        const { c } = await pair();
        class Pretender {
            static sockhop_type = "SockhopPing";
        }
        expect(await rejection(c.send(new Pretender()))).to.have.property("code", "ERR_BAD_DATA");
    });
});
