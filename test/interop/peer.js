"use strict";
// One end of a connection in a process of its own, so that ours and an original share nothing but the wire.
//
//     fork("peer.js", [module, "client" or "server", its options as JSON])
//
// Over each connection it sends some values and then a question, and it answers the question of the other end. It tells
// the process that forked it what happens, as [event, ...details]:
//
//     "listening", "connect", "disconnect", "failure: …"
//     "exchanged", received, answer     all that the other end says on a connection is here, each value as [value, type]
//     "pings", answered                 how many pings are known to be answered; told when asked by ["pings"]
//
// ["ping", interval] makes it ping.

const [name, role, options] = process.argv.slice(2);

class Widget {
    size = 3;
}
const VALUES = [new Widget(), "é→😀", [1, ["two"]], 4.5];

const { [role]: End } = require(name);
const end = new End(JSON.parse(options));
const isServer = role === "server";
let received = [];
let answer;

function report(...event) {
    process.send(event);
}

function reportExchange() {
    if (received.length <= VALUES.length || !answer) return;
    report("exchanged", received, answer);
    received = [];
    answer = undefined;
}

end.on("connect", (socket) => {
    report("connect");
    const send = (...message) => (isServer ? end.send(socket, ...message) : end.send(...message));
    for (const value of VALUES) send(value);
    send("?", (value, { type }) => {
        answer = [value, type];
        reportExchange();
    });
});
end.on("receive", (value, { type, callback }) => {
    received.push([value, type]);
    callback?.(new Widget());
    reportExchange();
});
end.on("disconnect", () => report("disconnect"));
end.on("error", (error) => report(`failure: ${error}`));

process.on("message", ([command, interval]) => {
    if (command === "ping") {
        end.ping(interval);
    } else {
        const pings = isServer ? [...end.pings.values()].flat() : end.pings;
        report("pings", pings.filter((ping) => !ping.unanswered()).length);
    }
});
// The other process is gone, however it went: nobody is left to stop this one.
process.on("disconnect", () => process.exit());

if (isServer) {
    end.listen().then(() => report("listening"));
} else {
    end.connect().then(() => {
        end.auto_reconnect = true;
    });
}
