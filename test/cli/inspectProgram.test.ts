import { expect } from "chai";
import net from "node:net";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type * as Library from "../../src";
import type * as Entry from "../../src/inspect/entry";
import { later } from "../support/pair";
import { environment, start } from "./command";
import { InspectorEvents } from "./InspectorEvents";

/* eslint-disable @typescript-eslint/no-require-imports -- the built files, as programs use them */
const Sockhop = require("../../dist/index.js") as typeof Library;
const { inspect } = require("../../dist/inspect.js") as typeof Entry;

/** Opens an inspector that is closed after the test. */
async function opened(options?: Entry.InspectOptions): Promise<Entry.Inspection> {
    const inspection = await inspect(options);
    later(() => inspection.close());
    return inspection;
}

/** Resolves to the code of the error. */
const codeOf = (promise: Promise<unknown>): Promise<string | undefined> =>
    promise.then(
        () => "none",
        (error: unknown) => (error as { code?: string }).code,
    );

describe("inspect()", () => {
    it("listens on 127.0.0.1 until it is closed, and can be opened again", async () => {
        const first = await opened();
        const { hostname, port } = new URL(first.url!);
        expect(hostname).to.equal("127.0.0.1");
        expect(first.pages).to.equal(0);
        const events = await InspectorEvents.open(first.url!);
        expect(events.hello).to.include({ form: "program", canSend: false });
        expect(first.pages).to.equal(1);
        expect(await codeOf(opened())).to.equal("ERR_BAD_OPTION");
        await Promise.all([first.close(), first.close()]);
        await first.close();
        expect(first.pages).to.equal(0);
        const again = await opened({ port: Number(port), title: "again" });
        expect((await InspectorEvents.open(again.url!)).hello?.title).to.equal("again");
    });

    it("rejects with ERR_BAD_OPTION for invalid options, and with the error of a port that is taken", async () => {
        for (const options of [{ port: -1 }, { port: 65_536 }, { port: 1.5 }, { port: "x" }, { name: 5 }, { name: "" }])
            expect(await codeOf(opened(options as never)), JSON.stringify(options)).to.equal("ERR_BAD_OPTION");
        expect(await codeOf(opened({ title: {} } as never))).to.equal("ERR_BAD_OPTION");
        expect(await codeOf(opened(50_000 as never))).to.equal("ERR_BAD_OPTION");
        const other = net.createServer().listen(0, "127.0.0.1");
        later(() => other.close());
        await once(other, "listening");
        const { port } = other.address() as net.AddressInfo;
        expect(await codeOf(opened({ port }))).to.equal("EADDRINUSE");
        await opened({ port: null, name: null, title: null } as never);
    });

    it("does not keep the process alive, also while a page is open", async () => {
        const program = `
            require(${JSON.stringify(require.resolve("../../dist/inspect.js"))}).inspect().then(({ url }) => console.log(url));
            process.stdin.resume(); // until the test ends it`;
        const child = spawn(process.execPath, ["-e", program], { stdio: ["pipe", "pipe", "inherit"] });
        later(() => child.kill());
        const exit = once(child, "exit");
        const [line] = (await once(child.stdout, "data")) as [Buffer];
        await InspectorEvents.open(line.toString().trim());
        child.stdin.end();
        expect(await exit).to.deep.equal([0, null]);
    });

    it("opens no port with a name, and is shown by --from until it is closed", async () => {
        const { XDG_RUNTIME_DIR } = process.env;
        process.env["XDG_RUNTIME_DIR"] = environment()["XDG_RUNTIME_DIR"];
        later(() => {
            if (XDG_RUNTIME_DIR === undefined) delete process.env["XDG_RUNTIME_DIR"];
            else process.env["XDG_RUNTIME_DIR"] = XDG_RUNTIME_DIR;
        });
        const server = new Sockhop.server({ port: 0 });
        later(() => server.close());
        await server.listen();
        const client = new Sockhop.client({ port: server.get_bound_port()! });
        later(() => client.disconnect());
        await client.connect();
        const inspection = await opened({ name: "from-here" });
        expect(inspection.url).to.equal(undefined);
        const command = start("inspect", "--from", "from-here");
        const events = await InspectorEvents.open(await command.line());
        await server.sendall({ news: true }); // shows connections from before inspect()
        await events.until(() => events.connections.size === 2 && events.messages.length === 2);
        expect(new Set(events.shown)).to.deep.equal(new Set(['["server","message","Object",{"news":true}]']));
        await inspection.close();
        const { code, stderr } = await start("inspect", "--from", "from-here").result();
        expect(code).to.equal(1);
        expect(stderr).to.match(/^sockhop: no socket at from-here/);
        expect(await command.interrupt()).to.include({ code: 0 });
    });
});
