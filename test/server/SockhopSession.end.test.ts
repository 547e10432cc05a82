import { expect } from "chai";
import { SockhopSession } from "../../src";
import { pair, raw, server } from "../support/pair";
import { turns, until } from "../support/eventLoop";

describe("SockhopSession end()", () => {
    for (const how of ["kill()", "sock.end()", "server.disconnect()"] as const) {
        it(`is awaited by disconnect if it ends the connection, by ${how}`, async () => {
            const order: string[] = [];
            class Session extends SockhopSession {
                override async end(): Promise<void> {
                    if (how === "kill()") void this.kill();
                    else if (how === "sock.end()") this.sock.end();
                    else void this.server.disconnect();
                    await turns(20);
                    order.push("end() has settled");
                }
            }
            const { s, c } = await pair({ session_type: Session });
            s.on("disconnect", () => order.push("disconnect"));
            void c.disconnect();
            await until(() => order.length === 2);
            expect(order).to.deep.equal(["end() has settled", "disconnect"]);
        });
    }

    it("is called for a session with a late start()", async () => {
        let begin!: () => void;
        const ended = new Promise<void>((resolve) => {
            class Session extends SockhopSession {
                override start(): Promise<void> {
                    return new Promise((started) => (begin = started));
                }
                override end(): void {
                    resolve();
                }
            }
            const s = server({ session_type: Session, session_timeout: 20 });
            s.on("error", (error: Error & { code?: string }) => {
                expect(error.code).to.equal("ERR_SESSION_TIMEOUT");
                begin();
            });
            void s.listen().then(() => raw(s));
        });
        await ended;
    });

    it("is called once for a start() whose result runs its work in then(), as queries of some databases", async () => {
        let runs = 0;
        let begin!: () => void;
        const ended = new Promise<void>((resolve) => {
            class Session extends SockhopSession {
                override start(): PromiseLike<void> {
                    const work = new Promise<void>((started) => (begin = started));
                    return {
                        then: (...handlers) => {
                            runs += 1;
                            return work.then(...handlers);
                        },
                    };
                }
                override end(): void {
                    resolve();
                }
            }
            const s = server({ session_type: Session, session_timeout: 20 });
            s.on("error", () => begin());
            void s.listen().then(() => raw(s));
        });
        await ended;
        expect(runs).to.equal(1);
    });
});
