import { expect } from "chai";
import { build } from "esbuild";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as Sockhop from "../../src";
import type { Engine } from "../../src/cluster/engine/Engine";
import { nats_engine } from "../../src/engines/nats";
import { redis_engine } from "../../src/engines/redis";
import { ROOT } from "../package/Installed";
import { Broker, type BrokerKind, requireBroker, stop } from "../support/brokers";
import { until } from "../support/eventLoop";
import { later } from "../support/leftovers";
import { unhandled } from "../support/rejections";
import { CALM_HEARTBEAT, NumberedServer, settle } from "./NumberedServer";

/** The line of src/cluster/values/ClusterMessage.ts that the other build has changed. */
const VERSION = 'const VERSION = "1";';

type Library = typeof Sockhop;

/** Builds the library with another version of the messages between servers. */
async function buildNext(folder: string): Promise<Library> {
    const outfile = join(folder, "next.js");
    await build({
        entryPoints: [join(ROOT, "src/index.ts")],
        outfile,
        bundle: true,
        platform: "node",
        logLevel: "error",
        plugins: [
            {
                name: "next version",
                setup(next) {
                    next.onLoad({ filter: /ClusterMessage\.ts$/ }, ({ path }) => {
                        const text = readFileSync(path, "utf8");
                        expect(text).to.include(VERSION);
                        return { contents: text.replace(VERSION, VERSION.replace("1", "2")), loader: "ts" };
                    });
                },
            },
        ],
    });
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- built just now
    return require(outfile) as Library;
}

const ENGINES: Record<BrokerKind, (port: number) => Engine> = {
    redis: (port) => redis_engine({ url: `redis://127.0.0.1:${port}` }),
    nats: (port) => nats_engine({ servers: `127.0.0.1:${port}` }),
};

for (const [kind, engineAt] of Object.entries(ENGINES) as [BrokerKind, (port: number) => Engine][]) {
    describe(`Two builds with other versions of their messages, on one topic of ${kind}`, () => {
        const folder = mkdtempSync(join(tmpdir(), "sockhop-builds-"));
        let broker: Broker;
        let Next: Library;

        before(requireBroker(kind));

        before("build the other version, and start the broker", async () => {
            Next = await buildNext(folder);
            broker = await Broker.start(kind);
        });

        after("stop the broker", async () => {
            rmSync(folder, { recursive: true });
            await stop(broker);
        });

        function createNext(options: Sockhop.ServerOptions = {}): Sockhop.SockhopServer {
            const created = new Next.SockhopServer({ port: 0, ...options });
            later(() => created.close());
            return created;
        }

        it("do not understand each other, each reports it once, and those of one version go on", async () => {
            const rejections = unhandled();
            const start = async (create?: typeof createNext): Promise<NumberedServer[]> => [
                await new NumberedServer(engineAt(broker.port), CALM_HEARTBEAT, create).start(),
                await new NumberedServer(engineAt(broker.port), CALM_HEARTBEAT, create).start(),
            ];
            const builds = [await start(), await start(createNext)];
            const all = builds.flat();
            await until(() => all.every(({ cluster }) => cluster.members.length === 2));
            for (const each of all) each.stream();
            for (const servers of builds) {
                for (const each of servers) for (const other of servers) await each.hears(other);
            }
            await until(() => all.every(({ errors }) => errors.length > 0));
            for (const each of all) {
                const others = all.filter((other) => other.server.constructor !== each.server.constructor);
                expect(others).to.have.length(2);
                for (const { id } of others) {
                    expect(each.cluster.members.map((member) => member.id)).to.not.include(id);
                    const error: unknown = await each.cluster.ask(id).catch((reason: unknown) => reason);
                    expect(error).to.have.property("code", "ERR_NO_MEMBER");
                    expect(each.rows.has(id)).to.equal(false);
                }
            }
            await Promise.all(all.map((each) => each.reachesOwnClient()));
            for (const each of all) {
                expect(each.errors.splice(0).map((error) => (error as { code?: string }).code)).to.deep.equal([
                    "ERR_CLUSTER_VERSION",
                ]);
                expect(each.degradations).to.deep.equal([]);
            }
            for (const servers of builds) await settle(servers);
            expect(rejections).to.deep.equal([]);
        });
    });
}
