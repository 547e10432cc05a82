// What the bundled programs check. It prints "well" at the end.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const CLASSES = ["SockhopServer", "SockhopClient", "SockhopSession", "SockhopError"];

/**
 * @param libraries - the package, as different statements give it
 * @param parts - objects that have some of its classes
 */
export async function check(libraries, parts) {
    const [Sockhop] = libraries;
    for (const library of libraries) for (const name of CLASSES) assert.equal(library[name], Sockhop[name], name);
    for (const part of parts) {
        const names = Object.keys(part);
        assert.notEqual(names.length, 0);
        for (const name of names) assert.equal(part[name], Sockhop[name], name);
        for (const name of names) assert.equal(typeof part[name], "function", name);
    }
    await talk(Sockhop, {});
    const [key, cert] = process.argv.slice(2).map((file) => readFileSync(file));
    await talk(Sockhop, { ssl: true, ssl_options: { key, cert, ca: cert } });
    console.log("well");
}

/** Has a client and a server talk. */
async function talk(Sockhop, options) {
    class Session extends Sockhop.session {
        async start() {
            this.sock.on("close", () => (this.closed = true));
        }
    }
    // Minifiers rename classes. These two say which type they are.
    class Widget {
        static sockhop_type = "Widget";
    }
    class Gadget {
        static name = "Gadget";
    }
    const server = new Sockhop.server({ port: 0, session_type: Session, ...options });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port(), ...options });
    await client.connect();
    const error = await client.ask("Is there a handler?").catch((reason) => reason);
    assert(error instanceof Sockhop.error && error instanceof Error);
    assert.equal(error.code, "ERR_REQUEST_UNHANDLED");
    for (const type of ["Widget", "Gadget"]) {
        server.on(`request:${type}`, (request, response, { session }) => response.send(session instanceof Session));
    }
    assert.equal(await client.ask(new Widget()), true);
    assert.equal(await client.ask(new Gadget()), true);
    await client.disconnect();
    await server.close();
    const buffer = new Sockhop.ObjectBuffer();
    assert.deepEqual(buffer.buf2obj(buffer.obj2buf({ n: 1 })), [{ n: 1 }]);
}
