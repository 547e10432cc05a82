import { expect } from "chai";
import fc from "fast-check";
import { Cluster } from "../../../src/cluster/Cluster";
import { clusterSettings } from "../../../src/cluster/ClusterOptions";
import { parsePacket } from "../../../src/cluster/requests/ClusterPacket";
import { invalid } from "../../../src/protocol/Message";
import { turns } from "../../support/eventLoop";
import { later } from "../../support/leftovers";
import { requestHost } from "../requestHost";
import { SimulatedBroker, SimulatedEngine } from "../SimulatedBroker";

/** Number of messages; more with `SOCKHOP_MESSAGES`. */
const MESSAGES = Number(process.env["SOCKHOP_MESSAGES"] ?? 20_000);

const UUID = "0af5e4b1-0000-4000-8000-000000000001";
const PIECE = fc.constantFrom(
    ...["{", "}", "[", "]", ":", ",", '"', "\n", "@", "#AA==", "null", "1", "-1", "1e999", '"x"', '"__proto__"'],
    ...['"type"', '"data"', '"uuid"', '"bytes"', '"failed"', '"cancel"', '"last"', '"constructor"', "true", "[[[["],
    ...['"SockhopRequest"', '"SockhopResponsePacket"', `"${UUID}"`, '{"type":"SockhopRequest","data":', '"AA=="'],
    ...[`{"type":"SockhopRequest","data":{"uuid":"${UUID}","type":"x","data":`, "}}"],
    ...[`{"type":"SockhopResponsePacket","data":{"uuid":"${UUID}","last":true,`, '"data":{}}}'],
);
const LINE = fc.array(PIECE, { maxLength: 12 }).map((pieces) => pieces.join(""));

/** Server on a simulated engine, and another one whose messages a test writes. */
async function attacked(options: object = {}) {
    const broker = new SimulatedBroker();
    const engine = new SimulatedEngine(broker);
    const host = { clients: 0, deliver: () => undefined, report: () => undefined };
    const cluster = new Cluster(clusterSettings({ engine, ...options })!, host, requestHost());
    cluster.on("degraded", () => undefined);
    later(() => cluster.leave());
    const joined = cluster.join();
    await turns(2);
    broker.deliver();
    await joined;
    broker.publish("sockhop.sockhop.all", '1 evil + 0 1 1\n{"clients":0}\n');
    broker.deliver();
    let number = 0;
    /** Publishes packets as another server. */
    const send = (...lines: string[]): void => {
        number += 1;
        const text = lines.map((line) => `${line}\n`).join("");
        broker.publish(`sockhop.sockhop.to.${cluster.id}`, `1 evil = ${number} ${lines.length}\n${text}`);
        broker.deliver();
    };
    return { broker, engine, cluster, send };
}

describe("Requests of a hostile server", () => {
    it("cause no exception, and call no handler but that of their type", async () => {
        const { cluster, send, broker } = await attacked();
        let calls = 0;
        cluster.handle("x", (value) => {
            calls += 1;
            return value as unknown;
        });
        send(`{"type":"SockhopRequest","data":{"uuid":"${UUID}","type":"x","data":1}}`);
        for (const lines of fc.sample(fc.array(LINE, { minLength: 1, maxLength: 4 }), MESSAGES)) send(...lines);
        await turns(3);
        broker.deliver();
        expect(calls).to.be.above(0);
        expect(cluster.state).to.equal("joined");
        expect(({} as Record<string, unknown>)["x"]).to.equal(undefined);
    }).timeout(120_000);

    it("are bounded, whatever their number: no more handlers run at once than its share", async () => {
        const { cluster, send } = await attacked({ max_pending: 1000 });
        let calls = 0;
        cluster.handle("x", () => {
            calls += 1;
            return new Promise(() => undefined);
        });
        for (let n = 0; n < 200; n++) {
            const uuids = Array.from(
                { length: 50 },
                (_, i) => `${UUID.slice(0, -6)}${String(n * 50 + i).padStart(6, "0")}`,
            );
            send(...uuids.map((uuid) => `{"type":"SockhopRequest","data":{"uuid":"${uuid}","type":"x","data":1}}`));
        }
        expect(calls).to.equal(100);
        await turns(2);
    });

    it("get no responses that exceed max_buffered", async () => {
        const { cluster, send, engine } = await attacked({ max_buffered: 50_000 });
        engine.publishMode = "never";
        cluster.handle("x", () => "x".repeat(1000));
        for (let n = 0; n < 1000; n++) {
            const uuid = `${UUID.slice(0, -6)}${String(n).padStart(6, "0")}`;
            send(`{"type":"SockhopRequest","data":{"uuid":"${uuid}","type":"x","data":1}}`);
        }
        await turns(3);
        expect(cluster.stats.buffered).to.be.within(1000, 50_000);
    });

    it("with values that cannot be decoded fail", () => {
        const line = `{"type":"SockhopRequest","data":{"uuid":"${UUID}","bytes":"AA=="}}`;
        expect(parsePacket(line, requestHost()))
            .to.include({ kind: "request", uuid: UUID, data: undefined })
            .and.has.property("fault");
        const nested = `{"type":"SockhopRequest","data":{"uuid":"${UUID}","bytes":"${Buffer.from(
            '{"type":"SockhopPing","data":{}}',
        ).toString("base64")}"}}`;
        expect(parsePacket(nested, requestHost())!.fault).to.equal("the value is no message");
        const cause = new TypeError("of fromJSON()");
        const refusing = { ...requestHost(), decodeBytes: () => invalid("it is refused", "", cause) };
        expect(parsePacket(line, refusing)).to.include({ fault: "it is refused", cause });
        for (const none of ["", "{}", '{"type":"A","data":1}', "[1]", '{"type":"SockhopRequest","data":{"uuid":7}}']) {
            expect(parsePacket(none, requestHost())).to.equal(undefined);
        }
    });
});
