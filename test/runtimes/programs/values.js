// A server with the codec "binary" that responds to requests with their data: at a port that it prints. A request with
// `fail` fails with that as the data of its error.
"use strict";

const Sockhop = require("sockhop");

class Widget {
    color = "red";
}

const server = new Sockhop.server({ port: 0, codec: "binary", codec_required: true, classes: [Widget] });
server.on("error", () => undefined);
server.on("request", ({ data }, response) => {
    if (data?.fail === undefined) return response.send(data);
    return response.fail(Object.assign(new Error("failed"), { data: data.fail }));
});
server.listen().then(() => console.log(server.get_bound_port()));
