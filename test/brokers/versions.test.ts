import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine } from "../../src/cluster/engine/Engine";
import { type Tested, brokenNetworkContract, engineContract } from "../cluster/engine.contract";
import { ROOT } from "../package/Installed";
import { type Packages, install } from "../package/tools";
import { Broker, type BrokerKind, requireBroker, stop } from "../support/brokers";
import { read } from "../support/markdown";
import { PASSWORD, natsTested, redisTested } from "./tested";

// The built engines with other versions of their packages than those in devDependencies: the oldest ones, and the last of each
// major version.

const VERSIONS: [kind: BrokerKind, packages: Packages][] = [
    ["redis", { redis: "5.0.0" }],
    ["redis", { redis: "5.12.1" }],
    ["redis", { redis: "6.0.0" }],
    ["nats", { "@nats-io/transport-node": "3.0.0" }],
];

const SETTINGS = {
    redis: ["--requirepass", PASSWORD],
    nats: [`authorization { user: "me", password: "${PASSWORD}" }`],
};

/** Installs packages, and the built library beside them. Returns the folder `node_modules` of a copy. */
async function installed(packages: Packages): Promise<string> {
    if (!existsSync(join(ROOT, "dist/engines"))) throw new Error("The library is not built: npm run build");
    const [name, version] = Object.entries(packages)[0]!;
    const from = await install(`sockhop-${name.replace(/\W/g, "-")}-${version}`, packages);
    const modules = join(mkdtempSync(join(tmpdir(), "sockhop-engines-")), "node_modules");
    cpSync(from, modules, { recursive: true });
    mkdirSync(join(modules, "sockhop"));
    cpSync(join(ROOT, "package.json"), join(modules, "sockhop/package.json"));
    cpSync(join(ROOT, "dist"), join(modules, "sockhop/dist"), { recursive: true });
    return modules;
}

for (const [kind, packages] of VERSIONS) {
    const [[name, version]] = Object.entries(packages) as [[string, string]];

    describe(`the built ${kind}_engine() with ${name} ${version}`, () => {
        let broker: Broker;
        let modules: string | undefined;
        let tested: () => Tested;

        before(requireBroker(kind));

        before("install the package and start the broker", async function () {
            this.timeout(180_000); // fetched once
            modules = await installed(packages);
            broker = await Broker.start(kind, SETTINGS[kind]);
            const file = join(modules, "sockhop/dist/engines", kind);
            // eslint-disable-next-line @typescript-eslint/no-require-imports -- of this version
            const factories = require(file) as Record<string, (options: object) => Engine>;
            const test = kind === "redis" ? redisTested : natsTested;
            tested = () => test(broker, factories[`${kind}_engine`]!, file);
        });

        after("stop the broker", async () => {
            await stop(broker);
            if (modules !== undefined) rmSync(join(modules, ".."), { recursive: true });
        });

        engineContract(() => tested().engine());

        describe("in trouble", () => brokenNetworkContract(() => tested()));
    });
}

describe("the engine for ioredis in the guide", () => {
    let broker: Broker;
    let engine: Engine;

    before(requireBroker("redis"));

    before("install ioredis and start Redis", async function () {
        this.timeout(180_000);
        const modules = await install("sockhop-ioredis", { ioredis: "6.0.0" });
        const block = read("docs/guides/cluster.md").blocks.find(({ code }) =>
            code.includes("function ioredis_engine"),
        )!;
        const file = join(modules, "ioredis_engine.js");
        writeFileSync(
            file,
            `${block.code}\nmodule.exports = (options) => ioredis_engine(require("ioredis"), options);\n`,
        );
        broker = await Broker.start("redis");
        // eslint-disable-next-line @typescript-eslint/no-require-imports -- written just now
        const ioredis_engine = require(file) as (options: object) => Engine;
        engine = ioredis_engine({ host: "127.0.0.1", port: broker.port });
    });

    after("stop Redis", () => stop(broker));

    engineContract(() => engine, false);
});
