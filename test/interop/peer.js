"use strict";
// One end of a connection in its own process, so that two releases share nothing but the wire.
//
//     fork("peer.js", [module, "client" or "server", its options as JSON])
//
// It reports events to its parent process as [event, ...details]:
//
//     "listening", "connect", "disconnect", "failure: …"
//     "receive", value, type            a message; a call is replied to with a Widget
//     "held", type                      a request whose response is delayed until "release"
//     "done", result                    the command has finished; "failure: …" on an error
//
// It runs one command at a time, as [command, ...arguments]: see `commands`.

const { setTimeout: sleep } = require("node:timers/promises");

const [name, role, options] = process.argv.slice(2);
const isServer = role === "server";

class Widget {
    size = 3;
}
const VALUES = [new Widget(), "é→😀", [1, ["two"]], 4.5];

const { [role]: End } = require(name);
const end = new End(JSON.parse(options));
const held = [];
/** The first arguments of server methods. */
let whom = [];

/** Response handlers by the data of the request. */
const answers = {
    one: (response) => response.send(new Widget()),
    many(response) {
        response.write("é→😀");
        response.write(new Widget());
        response.end();
    },
    failure: (response) => response.fail(new Error("No")), // this release only
    nothing(response, { type }) {
        held.push(response);
        report("held", type);
    },
};

/** Methods to read a response. Only events report errors with every release. */
const takers = {
    next: async (stream) => [await stream.next()],
    all: (stream) => stream.all(),
    events(stream) {
        return new Promise((resolve, reject) => {
            const packets = [];
            stream.on("data", (data, type) => packets.push({ data, type }));
            stream.on("end", (error) => (error ? reject(Object.assign(error, { packets })) : resolve(packets)));
        });
    },
    async loop(stream) {
        const packets = [];
        for await (const packet of stream) packets.push(packet);
        return packets;
    },
};

const commands = {
    values: () => Promise.all(VALUES.map((value) => end.send(...whom, value))),
    question() {
        return new Promise((resolve) => {
            end.send(...whom, "?", (value, { type }) => resolve([value, type]));
        });
    },
    /** Turns pinging on. Resolves after this number of pongs, for which there is no event. */
    async ping(interval, count) {
        end.ping(interval);
        const answered = new Set();
        while (answered.size < count) {
            await sleep(interval / 4);
            const pings = isServer ? [...end.pings.values()].flat() : end.pings;
            for (const ping of pings) if (!ping.unanswered()) answered.add(ping);
        }
    },
    respond() {
        end.on("request", (request, response) => answers[request.data](response, request));
    },
    /** Sends the delayed responses. */
    release: () => Promise.all(held.splice(0).map((response) => response.send("late"))),
    /** The packets of the response. */
    request: async (what, take, options) => takers[take](await end.request(...whom, what, options)),
    ask: (what) => end.ask(...whom, what),
    /** The error code of a failed request. */
    async fail(what, timeout) {
        try {
            return await commands.request(what, "events", { timeout });
        } catch (error) {
            return [error.code, error.packets];
        }
    },
    /** The same for a request that is aborted as soon as it has been sent. */
    async abort(what) {
        const controller = new AbortController();
        const stream = await end.request(...whom, what, { signal: controller.signal });
        controller.abort();
        return stream.all().catch(({ code }) => code);
    },
};

function report(...event) {
    process.send(event);
}

end.on("connect", (socket) => {
    if (isServer) whom = [socket];
    report("connect");
});
end.on("receive", (value, { type, callback }) => {
    report("receive", value, type);
    callback?.(new Widget());
});
end.on("disconnect", () => report("disconnect"));
end.on("error", (error) => report(`failure: ${error}`));

process.on("message", async ([command, ...args]) => {
    try {
        report("done", await commands[command](...args));
    } catch (error) {
        report(`failure: ${command}: ${error}`);
    }
});
// The parent process has exited: end this one.
process.on("disconnect", () => process.exit());

if (isServer) {
    end.listen().then(() => report("listening"));
} else {
    end.connect().then(() => {
        end.auto_reconnect = true;
    });
}
