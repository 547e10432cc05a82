import { expect } from "chai";
import fc from "fast-check";
import { path_of } from "../../../src";
import { type ServerAddress, ServerList, serverList } from "../../../src/client/connecting/ServerList";
import { SockhopError } from "../../../src/SockhopError";

const nowhere = () => ({ path: null as string | null, address: "", port: 0 });
const ports = (count: number): ServerAddress[] => Array.from({ length: count }, (_, port) => ({ port: port + 1 }));

/** Ports of a list, in its order. */
function orderOf(servers: ServerAddress[]): number[] {
    const client = nowhere();
    const list = new ServerList(servers, client);
    return servers.map(() => {
        const { port } = client;
        list.next();
        return port;
    });
}

/** Calls a function while `Math.random()` returns these values. */
function withRandom<T>(values: number[], action: () => T): T {
    const { random } = Math;
    Math.random = () => values.shift()!;
    try {
        return action();
    } finally {
        Math.random = random;
    }
}

describe("ServerList", () => {
    it("is a permutation of the servers", () => {
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 30 }), (count) => {
                const numbers = ports(count).map(({ port }) => port);
                expect(orderOf(ports(count))).to.have.members(numbers);
            }),
        );
    });

    it("has each order with the same probability", () => {
        const orders = new Set<string>();
        for (const first of [0, 0.34, 0.67]) {
            for (const second of [0, 0.5]) orders.add(withRandom([first, second], () => orderOf(ports(3)).join()));
        }
        expect(orders.size).to.equal(6); // each of the 6 equal parts of the random values leads to another one
    });

    it("sets the address of the client", () => {
        const client = nowhere();
        const servers = [{ address: "10.0.0.5", port: 5001 }, { path: "/tmp/a" }, { name: "b" }, { port: 7 }];
        const list = withRandom([0.99, 0.99, 0.99], () => new ServerList(servers, client));
        const seen = [];
        for (let n = 0; n < 5; n++) {
            seen.push({ ...client });
            list.next();
        }
        const local = { address: "127.0.0.1", port: 50_000 };
        expect(seen).to.deep.equal([
            { path: null, address: "10.0.0.5", port: 5001 },
            { path: "/tmp/a", ...local },
            { path: path_of("b"), ...local },
            { path: null, address: "127.0.0.1", port: 7 },
            { path: null, address: "10.0.0.5", port: 5001 },
        ]);
    });

    it("ends a round with its last error, and the servers that were tried", () => {
        const list = withRandom([0.99, 0.99], () => new ServerList(ports(3), nowhere()));
        expect(list.next(new Error("first"))).to.equal(true);
        expect(list.isLast).to.equal(false);
        expect(list.next()).to.equal(true);
        expect(list.isLast).to.equal(true);
        expect(list.next(new Error("last"))).to.equal(false);
        expect(list.end()?.message).to.equal("last (tried 3 servers: 127.0.0.1:1, 127.0.0.1:2, 127.0.0.1:3)");
        expect(list.next(new Error("again"))).to.equal(true);
        list.begin();
        expect(list.next(new Error("more"))).to.equal(true);
    });

    it("prefers an error that a further round can mend", () => {
        const list = new ServerList(ports(3), nowhere());
        list.next(new SockhopError("no codec", "ERR_CODEC"));
        list.next(new Error("away"));
        list.next(new SockhopError("no codec", "ERR_CODEC"));
        expect(list.end()?.message).to.include("away (tried 3 servers");
        for (const text of ["first", "second", "third"]) list.next(new SockhopError(text, "ERR_CODEC"));
        expect(list.end()?.message).to.include("third (tried 3 servers");
    });

    it("lists ten servers in a message", () => {
        const list = new ServerList(ports(12), nowhere());
        expect(list.description).to.match(/^(127\.0\.0\.1:\d+, ){9}127\.0\.0\.1:\d+ and 2 more$/);
    });

    it("leaves the message of a single server as it is", () => {
        const list = new ServerList(ports(1), nowhere());
        expect(list.next(new Error("refused"))).to.equal(false);
        expect(list.end()?.message).to.equal("refused");
    });

    it("is a copy", () => {
        const servers = ports(1);
        const client = nowhere();
        const list = new ServerList(servers, client);
        servers[0]!.port = 99;
        list.next();
        expect(client.port).to.equal(1);
    });

    it("is missing without the option", () => {
        for (const options of [{}, { servers: undefined, port: 1 }, { servers: null as never }]) {
            expect(serverList(options, nowhere())).to.equal(undefined);
        }
    });

    it("excludes an address of its own", () => {
        for (const other of [{ address: "a" }, { port: 1 }, { path: "/a" }, { name: "a" }, { port: 0 }]) {
            expect(() => serverList({ servers: ports(1), ...other }, nowhere()))
                .to.throw(SockhopError, `servers and ${Object.keys(other)[0]} exclude each other`)
                .with.property("code", "ERR_BAD_OPTION");
        }
        const missing = { address: null, port: undefined, path: null, name: undefined };
        expect(serverList({ servers: ports(1), ...missing }, nowhere())).to.be.instanceOf(ServerList);
    });

    for (const [what, servers] of [
        ["no array", { port: 1 }],
        ["a string", "localhost:1"],
        ["an empty array", []],
        ["a string in it", ["localhost:1"]],
        ["null in it", [null]],
        ["an array in it", [[]]],
        ["a hole in it", [{ port: 1 }, , { port: 2 }]], // eslint-disable-line no-sparse-arrays -- a mistake
        ["a server without an address", [{}]],
        ["port 0", [{ port: 0 }]],
        ["port 65536", [{ port: 65_536 }]],
        ["a port that is no number", [{ port: "http" }]],
        ["an empty address", [{ address: "", port: 1 }]],
        ["an address that is no string", [{ address: 127, port: 1 }]],
        ["an empty path", [{ path: "" }]],
        ["a path with a zero byte", [{ path: "/a\0b" }]],
        ["an invalid name", [{ name: "a/b" }]],
        ["a path and a port", [{ path: "/a", port: 1 }]],
        ["a name and an address", [{ name: "a", address: "b" }]],
        ["an empty servername", [{ port: 1, servername: "" }]],
    ] as [string, unknown][]) {
        it(`refuses ${what}`, () => {
            expect(() => serverList({ servers: servers as ServerAddress[] }, nowhere()))
                .to.throw(SockhopError)
                .with.property("code", "ERR_BAD_OPTION");
        });
    }
});
