import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { later, rawServer } from "../support/pair";
import { systemError } from "../../src/runtime/systemError";

/** The error of a socket or server of node. */
async function errorOf(emitter: net.Socket | net.Server): Promise<NodeJS.ErrnoException> {
    later(() => (emitter instanceof net.Socket ? emitter.destroy() : emitter.close()));
    return new Promise((resolve) => emitter.once("error", resolve));
}

/** Text and own members of an error. */
function partsOf(error: Error): object {
    return { ...error, message: error.message };
}

describe("systemError()", () => {
    it("has the text and the members of node's error of connect", async () => {
        const listener = net.createServer().listen(0, "127.0.0.1");
        await once(listener, "listening");
        const { port } = listener.address() as net.AddressInfo;
        listener.close();
        await once(listener, "close");
        const error = await errorOf(net.connect(port, "127.0.0.1"));
        expect(partsOf(systemError("ECONNREFUSED", "connect", { address: "127.0.0.1", port }))).to.deep.equal(
            partsOf(error),
        );
    });

    it("has the text and the members of node's error of listen", async () => {
        const { port } = await rawServer();
        const error = await errorOf(net.createServer().listen(port, "127.0.0.1"));
        expect(partsOf(systemError("EADDRINUSE", "listen", { address: "127.0.0.1", port }))).to.deep.equal(
            partsOf(error),
        );
    });

    it("has no port for a path", () => {
        const error = systemError("EADDRINUSE", "listen", { address: "/a/path" });
        expect(error).to.not.have.property("port");
        expect(error.message).to.match(/ \/a\/path$/);
    });

    it("has the code of an error that the system does not know", () => {
        expect(systemError("ESTRANGE", "connect", { address: "a" })).to.include({ code: "ESTRANGE", errno: 0 });
    });
});
