import { redis_engine } from "../../src/engines/redis";
import { type Tested, brokenNetworkContract, engineContract } from "../cluster/engine.contract";
import { Broker, requireBroker, stop } from "../support/brokers";
import { redisTested } from "./tested";

describe("redis_engine() on redis-server", () => {
    let broker: Broker;

    before(requireBroker("redis"));

    before("start Redis", async () => {
        broker = await Broker.start("redis", ["--requirepass", "right-Passw0rd"]);
    });

    after("stop Redis", () => stop(broker));

    const tested = (): Tested => redisTested(broker, redis_engine);

    engineContract(() => tested().engine());

    describe("in trouble", () => brokenNetworkContract(tested));
});
