import { expect } from "chai";
import { pair } from "../support/pair";
import { turns, until } from "../support/eventLoop";

describe("pause by the program", () => {
    it("outlasts a pause of the library", async () => {
        const { s, socket, c } = await pair({ max_buffered: 1000 }, {});
        let count = 0;
        s.on("receive", (value, { callback }) => {
            count += 1;
            callback?.("y".repeat(1500)); // the library pauses
            if (value === 3) socket.pause();
        });
        for (let n = 1; n <= 3; n++) await new Promise((resolve) => void c.send(n, resolve));
        await c.send(4);
        await turns(50);
        expect(count).to.equal(3);
        socket.resume();
        await until(() => count === 4);
    });
});
