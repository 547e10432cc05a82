// A client in a worker.
"use strict";

const { workerData } = require("node:worker_threads");
const Sockhop = require("sockhop");

const client = new Sockhop.client({ port: workerData });
client.connect().then(async () => {
    await client.send("from a worker");
    await client.disconnect();
});
