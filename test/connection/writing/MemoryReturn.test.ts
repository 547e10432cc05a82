import { expect } from "chai";
import net from "node:net";
import tls from "node:tls";
import { MemoryReturn } from "../../../src/connection/writing/MemoryReturn";
import { allocateLarge } from "../../../src/runtime/largeMemory";
import { SockhopError } from "../../../src/SockhopError";

const SIZE = 1_000_000;

describe("MemoryReturn", () => {
    /** Settles a write to a socket. Returns true if its memory is used again. */
    function isReturned(socket: net.Socket, error?: SockhopError): boolean {
        const memory = allocateLarge(SIZE);
        const bytes = memory.subarray(0, 10);
        new MemoryReturn(bytes, socket, undefined).settle(socket, error);
        return allocateLarge(SIZE) === memory;
    }

    it("gives memory back when a socket has written its bytes", () => {
        expect(isReturned(new net.Socket())).to.equal(true);
    });

    it("keeps memory that a failed write, a replaced method or another stream may still refer to", () => {
        expect(isReturned(new net.Socket(), new SockhopError("broken", "ERR_SOCKET_DESTROYED")), "failed").to.equal(
            false,
        );
        for (const name of ["write", "_write", "_writev"] as const) {
            expect(isReturned(Object.assign(new net.Socket(), { [name]: () => true })), name).to.equal(false);
            const { prototype } = net.Socket;
            const original = Object.getOwnPropertyDescriptor(prototype, name);
            prototype[name] = () => true;
            try {
                expect(isReturned(new net.Socket()), `${name} of all sockets`).to.equal(false);
            } finally {
                if (original) Object.defineProperty(prototype, name, original);
                else Reflect.deleteProperty(prototype, name);
            }
        }
        expect(isReturned(new tls.TLSSocket(new net.Socket())), "tls").to.equal(false);
        expect(isReturned({ write: () => true } as unknown as net.Socket), "other").to.equal(false);
    });

    it("gives it back once, and tells the other observer each time", () => {
        const memory = allocateLarge(SIZE);
        const socket = new net.Socket();
        const results: unknown[] = [];
        const observer = { settle: (...args: unknown[]) => results.push(args) };
        const returned = new MemoryReturn(memory, socket, observer);
        returned.settle(socket, undefined);
        expect(allocateLarge(SIZE)).to.equal(memory);
        returned.settle(socket, undefined);
        expect(allocateLarge(SIZE)).to.not.equal(memory);
        expect(results).to.deep.equal([
            [socket, undefined],
            [socket, undefined],
        ]);
    });

    it("leaves it to an observer that keeps the bytes", () => {
        const memory = allocateLarge(SIZE);
        const socket = new net.Socket();
        const released: Buffer[] = [];
        const observer = { settle: () => undefined, release: (bytes: Buffer) => released.push(bytes) };
        new MemoryReturn(memory, socket, observer).settle(socket, undefined);
        expect(released).to.deep.equal([memory]);
        expect(allocateLarge(SIZE)).to.not.equal(memory);
        const error = new SockhopError("broken", "ERR_SOCKET_DESTROYED");
        new MemoryReturn(memory, socket, observer).settle(socket, error);
        expect(released).to.have.lengthOf(1);
    });
});
