// How the time for one message grows with its size: a client sends it, a server in the same process has it.
// Prints nanoseconds per byte, the best of several rounds, and the ratio to 1 MiB; reassembly is linear when the ratio
// stays near 1.
//
//     node test/bench/large.js [MiB ...]

const { once } = require("node:events");
const Sockhop = require("sockhop");

const MIB = 2 ** 20;
const ROUNDS = 5;

async function main() {
    const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 4, 16, 64];
    const server = new Sockhop.server({ port: 0 });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();

    const text = new Map(sizes.map((size) => [size, "x".repeat(size * MIB)]));
    const best = new Map(sizes.map((size) => [size, Infinity]));
    for (let round = 0; round <= ROUNDS; round++) {
        for (const size of sizes) {
            const arrived = once(server, "receive");
            const start = process.hrtime.bigint();
            await client.send(text.get(size));
            const [value] = await arrived;
            const time = Number(process.hrtime.bigint() - start);
            if (value.length !== size * MIB) throw new Error("the message did not arrive whole");
            if (round > 0) best.set(size, Math.min(best.get(size), time)); // the first round warms up
        }
    }
    await client.disconnect();
    await server.close();

    console.log(`one message, node ${process.version}, best of ${ROUNDS} rounds`);
    const perByte = (size) => best.get(size) / (size * MIB);
    for (const size of sizes) {
        const ratio = (perByte(size) / perByte(sizes[0])).toFixed(2);
        console.log(`${String(size).padStart(5)} MiB  ${perByte(size).toFixed(2)} ns/byte  x${ratio}`);
    }
}

main();
