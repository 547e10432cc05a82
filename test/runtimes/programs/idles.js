// Creates ends that do nothing.
"use strict";

const Sockhop = require("sockhop");

new Sockhop.server();
new Sockhop.client({ queue: true }).send("waits for a connection that nobody makes").catch(() => undefined);
new Sockhop.client().ping(10);
console.log("idle");
