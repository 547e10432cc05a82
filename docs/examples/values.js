// Values: with `codec: "binary"` at both ends, instances, Dates, Maps, Buffers and cycles arrive as they were sent.
"use strict";

const assert = require("node:assert/strict");
const { once } = require("node:events");
const Sockhop = require("sockhop");

class Widget {
    name = "sprocket";
    made = new Date(0);
    label() {
        return `${this.name} of ${this.made.getUTCFullYear()}`;
    }
}

// A class with private fields writes and reads itself.
class Price {
    #cents;
    constructor(cents) {
        this.#cents = BigInt(cents); // throws for anything else
    }
    toString() {
        return `${Number(this.#cents) / 100}`;
    }
    toJSON() {
        return { cents: this.#cents };
    }
    static fromJSON(data) {
        return new Price(data.cents);
    }
}

async function main() {
    const options = { codec: "binary", classes: { Widget, "shop.Price": Price } };
    const server = new Sockhop.server({ port: 0, ...options });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port(), ...options });
    await client.connect();

    const widget = new Widget();
    const stock = new Map([[widget, new Price(1250)]]);
    const order = { widgets: [widget, widget], stock, picture: Buffer.from([0xff, 0xd8]) };
    order.self = order; // a cycle

    const arrival = once(server, "receive");
    await client.send(order);
    const [arrived] = await arrival;
    console.log(`The codec is ${client.codec}, and this has arrived:`, arrived);

    const [first, second] = arrived.widgets;
    assert.ok(first instanceof Widget);
    assert.equal(first.label(), "sprocket of 1970");
    assert.equal(first, second); // one object, as it was sent
    assert.equal(String(arrived.stock.get(first)), "12.5");
    assert.ok(Buffer.isBuffer(arrived.picture));
    assert.equal(arrived.self, arrived);

    // A value that cannot be sent is rejected with its path.
    const error = await client.send({ jobs: [{ done: main }] }).catch((reason) => reason);
    console.log(error.message);
    assert.equal(error.message, "This value cannot be sent: a function, at .jobs[0].done");

    // A peer without the codec: the same client would use lines of JSON.
    const plain = new Sockhop.client({ port: server.get_bound_port() });
    await plain.connect();
    const [value, meta] = await new Promise((resolve) => {
        server.once("receive", (...args) => resolve(args));
        plain.send({ made: new Date(0) });
    });
    console.log(`A client with ${meta.session.codec} has sent`, value);
    assert.deepEqual(value, { made: "1970-01-01T00:00:00.000Z" });

    await plain.disconnect();
    await client.disconnect();
    await server.close();
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
