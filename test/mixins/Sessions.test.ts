import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "chai";
import type { SockhopError } from "../../src";
import type { Connection, Session } from "../../src/connection/Connection";
import { Endpoint } from "../../src/endpoint/Endpoint";
import { Sessions } from "../../src/mixins/Sessions";
import { turns } from "../support/eventLoop";
import { later } from "../support/pair";
import { TestSocket } from "../support/TestSocket";

const TIMEOUT = 100;

/** The smallest endpoint with sessions. It keeps a log of their methods and of its events. */
class Probe extends Sessions(Endpoint) {
    readonly log: unknown[] = [];
    start: () => unknown = () => undefined;
    end: () => unknown = () => undefined;

    constructor() {
        super({});
        this.on("connect", () => this.log.push("connect"));
        this.on("disconnect", () => this.log.push("disconnect"));
        this.on("error", ({ message, code }: Partial<SockhopError>) => this.log.push(code ?? message));
    }

    accept(): Connection {
        const connection = this._attach(new TestSocket().asSocket);
        this._startSession(connection);
        return connection;
    }

    close(connection: Connection): void {
        this._close(connection, { code: "CLOSED" });
    }

    protected _createSession(): Session {
        return {
            start: () => {
                this.log.push("start()");
                return this.start();
            },
            end: () => {
                this.log.push("end()");
                return this.end();
            },
        };
    }

    protected get _sessionTimeout(): number {
        return TIMEOUT;
    }

    protected override _receiveMeta(): object {
        return {};
    }
}

/** A promise with its resolvers. */
function deferred(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((...settle) => ([resolve, reject] = settle));
    return { promise, resolve, reject };
}

describe("Sessions", () => {
    let probe: Probe;

    beforeEach(() => {
        probe = new Probe();
    });

    it("starts before `connect`, and ends before `disconnect`", async () => {
        const connection = probe.accept();
        await turns(2);
        expect(probe.log).to.deep.equal(["start()", "connect"]);
        probe.close(connection);
        await turns(3);
        expect(probe.log).to.deep.equal(["start()", "connect", "end()", "disconnect"]);
    });

    it("lists a connection at once if start() returns no promise", () => {
        const connection = probe.accept();
        expect(probe.sockets).to.deep.equal([connection.socket]);
        expect(probe.sessions).to.deep.equal([connection.session]);
        expect(connection.state).to.equal("ready");
    });

    it("lists a connection after the promise of start() has resolved, oldest first", async () => {
        const started = deferred();
        probe.start = () => started.promise;
        const first = probe.accept();
        probe.start = () => undefined;
        const second = probe.accept();
        await turns(2);
        expect([probe.sockets, probe.log.includes("connect")]).to.deep.equal([[second.socket], true]);
        started.resolve();
        await turns(2);
        expect(probe.sockets).to.deep.equal([first.socket, second.socket]);
    });

    it("lists a closed connection no longer", () => {
        const connection = probe.accept();
        probe.close(connection);
        expect([probe.sockets, probe.sessions]).to.deep.equal([[], []]);
    });

    it("refuses the connection if start() throws or rejects, without end()", async () => {
        for (const start of [() => Promise.reject(new Error("refused")), (): never => throwError("refused")]) {
            probe = new Probe();
            probe.start = start;
            const connection = probe.accept();
            await turns(2);
            expect(connection.state).to.equal("closed");
            expect(probe.log).to.deep.equal(["start()", "refused"]);
        }
    });

    it("ends a session that was closed while it started", async () => {
        const started = deferred();
        probe.start = () => started.promise;
        const connection = probe.accept();
        probe.close(connection);
        expect(probe.log).to.deep.equal(["start()"]);
        started.resolve();
        await turns(2);
        expect(probe.log).to.deep.equal(["start()", "end()"]);
    });

    it("does not connect a session that is closed in the turn in which it started", async () => {
        const connection = probe.accept();
        probe.close(connection);
        await turns(3);
        expect(probe.log).to.deep.equal(["start()", "end()"]);
    });

    it("calls end() once", async () => {
        const connection = probe.accept();
        probe.end = () => {
            probe.close(connection);
        };
        await turns(2);
        probe.close(connection);
        probe.close(connection);
        await turns(3);
        expect(probe.log).to.deep.equal(["start()", "connect", "end()", "disconnect"]);
    });

    it("can still send in end()", async () => {
        const connection = probe.accept();
        probe.end = () => {
            connection.writeAndForget("goodbye\n");
        };
        await turns(2);
        probe.close(connection);
        await turns(1);
        expect((connection.socket as unknown as TestSocket).text).to.equal("goodbye\n");
    });

    it("emits `disconnect` after the promise of end() has settled, also if it fails", async () => {
        for (const error of [undefined, new Error("of end()")]) {
            const ended = deferred();
            probe = new Probe();
            probe.end = () => ended.promise;
            const connection = probe.accept();
            await turns(2);
            probe.close(connection);
            await turns(2);
            expect(probe.log).to.not.include("disconnect");
            if (error) ended.reject(error);
            else ended.resolve();
            await turns(3);
            expect(probe.log.slice(3)).to.deep.equal(error ? ["of end()", "disconnect"] : ["disconnect"]);
        }
    });

    it("reports an end() that throws, and emits `disconnect`", async () => {
        probe.end = () => throwError("of end()");
        const connection = probe.accept();
        await turns(2);
        probe.close(connection);
        await turns(3);
        expect(probe.log.slice(2)).to.deep.equal(["end()", "of end()", "disconnect"]);
    });

    it("names the session in events, also after it has ended", async () => {
        const sessions: unknown[] = [];
        probe.on("connect", (_socket, session) => sessions.push(session));
        probe.on("disconnect", (_socket, session) => sessions.push(session));
        const connection = probe.accept();
        await turns(2);
        probe.close(connection);
        await turns(3);
        expect(sessions).to.deep.equal([connection.session, connection.session]);
    });

    describe("with a session_timeout", () => {
        let clock: FakeTimers.Clock;

        beforeEach(() => {
            clock = FakeTimers.install({ toFake: ["setTimeout", "clearTimeout", "performance"] });
            later(() => clock.uninstall());
        });

        it("refuses a connection whose start() exceeds it, and ends its session if it starts later", async () => {
            const started = deferred();
            probe.start = () => started.promise;
            const connection = probe.accept();
            clock.tick(TIMEOUT - 1);
            await turns(2);
            expect(connection.state).to.equal("pending");
            clock.tick(1);
            await turns(2);
            expect([connection.state, probe.log]).to.deep.equal(["closed", ["start()", "ERR_SESSION_TIMEOUT"]]);
            started.resolve();
            await turns(2);
            expect(probe.log.slice(2)).to.deep.equal(["end()"]);
        });

        it("emits `disconnect` if end() exceeds it", async () => {
            probe.end = () => new Promise(() => undefined);
            const connection = probe.accept();
            await turns(2);
            probe.close(connection);
            clock.tick(TIMEOUT);
            await turns(4);
            expect(probe.log.slice(2)).to.deep.equal(["end()", "ERR_SESSION_TIMEOUT", "disconnect"]);
        });
    });
});

function throwError(message: string): never {
    throw new Error(message);
}
