// A server that answers requests with what they bring: at a path, or at a port that it tells.
"use strict";

const Sockhop = require("sockhop");

const [path] = process.argv.slice(2);
const server = new Sockhop.server(path ? { path } : { port: 0 });
server.on("request", ({ data }, response) => response.send(data));
server.listen().then(() => console.log(path ?? server.get_bound_port()));
