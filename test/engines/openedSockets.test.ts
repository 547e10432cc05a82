import { expect } from "chai";
import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { openedSockets } from "../../src/engines/openedSockets";
import { Relay } from "../support/Relay";

describe("openedSockets()", () => {
    it("destroys the sockets of its task, and no others", async () => {
        const relay = await Relay.start();
        const open = async (): Promise<Socket> => {
            await Promise.resolve();
            const socket = connect(relay.port, "127.0.0.1");
            await once(socket, "connect");
            return socket;
        };
        const [one, two] = [openedSockets(open), openedSockets(open)];
        const [mine, others, plain] = await Promise.all([one.result, two.result, open()]);
        const later = await open();
        one.destroy();
        expect([mine, others, plain, later].map(({ destroyed }) => destroyed)).to.deep.equal([
            true,
            false,
            false,
            false,
        ]);
        two.destroy();
        expect(others.destroyed).to.equal(true);
        expect(plain.destroyed || later.destroyed).to.equal(false);
        for (const socket of [plain, later]) socket.destroy();
    });

    it("settles as its task does, also if that throws", async () => {
        const error = new Error("task");
        const { result } = openedSockets(() => Promise.reject(error));
        expect(await result.catch((reason: unknown) => reason)).to.equal(error);
        const thrown = openedSockets(() => {
            throw error;
        });
        expect(await thrown.result.catch((reason: unknown) => reason)).to.equal(error);
    });
});
