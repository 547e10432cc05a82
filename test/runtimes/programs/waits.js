// Tries to connect to a missing server, and stops after three attempts.
"use strict";

const path = require("node:path");
const Sockhop = require("sockhop");

const nowhere = path.join(__dirname, "there", "is", "nothing");
const client = new Sockhop.client({ path: nowhere, auto_reconnect: true, auto_reconnect_interval: 20 });
client.on("reconnecting", (attempt) => {
    if (attempt < 4) return;
    console.log("three attempts");
    client.auto_reconnect = false;
});
