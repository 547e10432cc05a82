import { once } from "node:events";
import net from "node:net";
import { later } from "./pair";

/**
 * A free port to which sockets connect from the same port, and thus to themselves, until the end of the test. Linux does
 * that by chance.
 */
export async function selfConnecting(address = "127.0.0.1"): Promise<number> {
    const listener = net.createServer().listen(0, address);
    await once(listener, "listening");
    const { port } = listener.address() as net.AddressInfo;
    listener.close();
    await once(listener, "close");

    const { connect } = net.Socket.prototype as { connect: (...args: unknown[]) => net.Socket };
    const replacement = function (this: net.Socket, ...args: unknown[]): net.Socket {
        const options = (Array.isArray(args[0]) ? args[0][0] : args[0]) as net.TcpSocketConnectOpts;
        if (options.port === port) Object.assign(options, { localPort: port, localAddress: address });
        return connect.apply(this, args);
    };
    Object.assign(net.Socket.prototype, { connect: replacement });
    later(() => Object.assign(net.Socket.prototype, { connect }));
    return port;
}
