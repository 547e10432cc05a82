"use strict";
// A process with a client whose connection is resumed: { name, seed, place, codec }.

const Sockhop = require("sockhop");
const ResumePeer = require("./ResumePeer.js");
const Worker = require("./Worker.js");

const worker = new Worker({
    destroy: () => client.socket?.destroy(),
    finish: () => peer.stop(),
    accounts: () => [peer.account],
    stats: () => client.stats,
    stop() {
        worker.stopping = true;
        return client.disconnect();
    },
});
const { config } = worker;

const client = new Sockhop.client({
    ...config.place,
    resume: true,
    auto_reconnect_interval: 20,
    auto_reconnect_max_interval: 150,
    ...(config.codec && { codec: config.codec }),
});
const peer = new ResumePeer(worker, config.name, client);

client.on("disconnect", (_socket, { code, error }) => {
    if (!worker.stopping) worker.violate("events", `disconnect: ${code} ${error?.stack}`);
});
client.on("receive", (value, { callback }) => {
    peer.take(value);
    callback?.(value.n);
});
client.on("request", ({ data }, response) => {
    peer.take(data);
    return response.send(data.n);
});
client.on("error", (error) => worker.violate("failed", error.stack));

async function start() {
    await client.connect();
    await client.flush();
    if (!client.resumable) worker.violate("failed", "the connection cannot be resumed");
    peer.start();
    worker.tell("ready");
}
start();
