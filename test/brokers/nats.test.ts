import { nats_engine } from "../../src/engines/nats";
import { type Tested, brokenNetworkContract, engineContract } from "../cluster/engine.contract";
import { Broker, requireBroker, stop } from "../support/brokers";
import { natsTested } from "./tested";

describe("nats_engine() on nats-server", () => {
    let broker: Broker;

    before(requireBroker("nats"));

    before("start NATS", async () => {
        broker = await Broker.start("nats", ['authorization { user: "me", password: "right-Passw0rd" }']);
    });

    after("stop NATS", () => stop(broker));

    const tested = (): Tested => natsTested(broker, nats_engine);

    engineContract(() => tested().engine());

    describe("in trouble", () => brokenNetworkContract(tested));
});
