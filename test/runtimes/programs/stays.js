// A client that stays connected until it is killed.
"use strict";

const Sockhop = require("sockhop");

new Sockhop.client({ port: Number(process.argv[2]) }).connect();
