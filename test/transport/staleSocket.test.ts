import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import { once } from "node:events";
import {
    existsSync,
    lstatSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import net from "node:net";
import { basename, dirname } from "node:path";
import { removeStaleSocket } from "../../src/transport/staleSocket";
import { later, rejection, server, socketPath } from "../support/pair";
import { abandon, bindOnly } from "../support/unixSockets";

describe("removeStaleSocket()", () => {
    it("removes a socket without a listening server, and leaves no lock", async () => {
        const path = socketPath();
        await abandon(path);
        expect(await removeStaleSocket(path)).to.equal(true);
        expect(readdirSync(dirname(path))).to.deep.equal([]);
    });

    it("removes the lock of a killed process while a test fakes the clock", async () => {
        const path = socketPath();
        await abandon(path);
        const { ino, mtimeNs } = lstatSync(path, { bigint: true });
        const lock = `${path}.${ino.toString(36)}-${mtimeNs.toString(36)}`;
        writeFileSync(lock, "");
        utimesSync(lock, Date.now() / 1000 - 60, Date.now() / 1000 - 60);
        const clock = FakeTimers.install({ toFake: ["Date", "performance"] }); // both stand still, at 0
        later(() => clock.uninstall());
        expect(await removeStaleSocket(path)).to.equal(true);
        expect(readdirSync(dirname(path))).to.deep.equal([]);
    });

    it("leaves a socket with a listening server", async () => {
        const path = socketPath();
        const listener = net.createServer((socket) => socket.destroy()).listen(path);
        later(() => listener.close());
        await once(listener, "listening");
        await removeStaleSocket(path);
        expect(lstatSync(path).isSocket()).to.equal(true);
    });

    it("leaves a socket that a process has bound without listening, on Linux", async function () {
        if (process.platform !== "linux") this.skip();
        const path = socketPath();
        const bound = bindOnly(path);
        const { ino } = lstatSync(path);
        expect(await rejection(server({ path }).listen())).to.have.property("code", "EADDRINUSE");
        expect(lstatSync(path).ino).to.equal(ino);
        await bound.close();
        await server({ path }).listen(); // now it is stale
    });

    it("leaves another socket that was created between the two probes", async () => {
        const path = socketPath();
        await abandon(path);
        const removal = removeStaleSocket(path);
        await abandon(`${path}.new`); // another socket replaces the path
        renameSync(`${path}.new`, path);
        await removal;
        expect(readdirSync(dirname(path))).to.deep.equal([basename(path)]);
    });

    it("leaves files and folders, and returns that the path is in use", async () => {
        const [file, folder] = [socketPath(), socketPath()];
        writeFileSync(file, "text");
        mkdirSync(folder);
        expect([await removeStaleSocket(file), await removeStaleSocket(folder)]).to.deep.equal([false, false]);
        expect(readFileSync(file, "utf8")).to.equal("text");
        expect(existsSync(folder)).to.equal(true);
    });

    it("returns that the path may be free if there is no file", async () => {
        expect(await removeStaleSocket(socketPath())).to.equal(true);
    });

    it("leaves abstract sockets and pipes, which are not files", async () => {
        expect(await removeStaleSocket("\0sockhop-nothing")).to.equal(false);
    });
});
