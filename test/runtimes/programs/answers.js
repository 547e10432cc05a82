// A server that responds to requests with their data: at a path, or at a port that it prints.
"use strict";

const Sockhop = require("sockhop");

const [path] = process.argv.slice(2);
const server = new Sockhop.server(path ? { path } : { port: 0 });
server.on("request", ({ data }, response) => response.send(data));
server.listen().then(() => console.log(path ?? server.get_bound_port()));
