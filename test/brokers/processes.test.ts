import { expect } from "chai";
import { Broker, type BrokerKind, requireBroker, stop } from "../support/brokers";
import { later } from "../support/leftovers";
import Program from "../soak/Program.js";

/** What a process of the soak test says about itself. */
interface Account {
    id: string;
    sent: number;
    state: string;
    members: number;
    rows: [id: string, row: { last?: number; arrived: number; told: number }][];
}

for (const kind of ["redis", "nats"] satisfies BrokerKind[]) {
    describe(`Three server processes joined by ${kind}, whose clients check the numbers of values`, () => {
        let broker: Broker;
        let servers: Program[];
        let violations: string[];

        before(requireBroker(kind));

        before("start the broker", async () => {
            broker = await Broker.start(kind);
        });

        after("stop the broker", () => stop(broker));

        beforeEach("start the servers", async () => {
            violations = [];
            servers = [1, 2, 3].map((n) => {
                const config = { seed: n, kind, port: broker.port, heartbeat: 100 };
                const program = new Program(`server ${n}`, "clusterServer.js", config);
                program.on("violation", (what: string, text: string) => violations.push(`${what}: ${text}`));
                later(() => program.kill());
                return program;
            });
            await Promise.all(servers.map((each) => each.start()));
            await accountsWith((all) => all.every(({ members }) => members === 3));
        });

        /** Waits until a condition of the accounts is true. */
        async function accountsWith(condition: (all: Account[]) => boolean, of = servers): Promise<Account[]> {
            for (;;) {
                const all = (await Promise.all(of.map((each) => each.order("account")))) as Account[];
                if (condition(all)) return all;
            }
        }

        /** Each server hears of all values of each other one, and nothing was lost without being told, or came twice. */
        async function settle(): Promise<void> {
            await Promise.all(servers.map((each) => each.order("halt")));
            await accountsWith((all) => all.every(({ members, state }) => members === 3 && state === "joined"));
            for (const each of servers) await each.order("last");
            await accountsWith((all) =>
                all.every(({ rows }) => all.every(({ id, sent }) => new Map(rows).get(id)?.last === sent)),
            );
            expect(violations).to.deep.equal([]);
            for (const each of servers) await each.stop();
        }

        it("go on without one that is killed, and with one that is started again", async () => {
            const [victim, ...others] = servers as [Program, ...Program[]];
            await victim.kill();
            await accountsWith((all) => all.every(({ members }) => members === 2), others);
            await victim.start();
            await settle();
        });

        it("go on without one that is stopped, and tell it what it has missed", async () => {
            const [victim, ...others] = servers as [Program, ...Program[]];
            victim.signal("SIGSTOP");
            await accountsWith((all) => all.every(({ members }) => members === 2), others);
            victim.signal("SIGCONT");
            await settle();
        });

        it("go on while the event loop of one is blocked", async () => {
            await servers[0]!.order("block", 1000);
            await settle();
        });
    });
}
