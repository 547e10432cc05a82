import type { WriteStream } from "node:fs";
import net from "node:net";
import tls from "node:tls";
import { inspect } from "node:util";
import { path_of } from "../index";
import { type ConnectionFlags, type Endpoint, clientOptions, nameOf } from "./endpoint";
import { explain } from "./errors";
import { type Frame, FrameCutter } from "./frames";
import { type OutputFlags, type Screen, className } from "./screen";
import { jsonLine, shorten } from "./values";

/** When one side has said all, the other one may go on. */
const HALF_OPEN = { allowHalfOpen: true };

type Side = "client" | "server";

/** What goes over the connections. */
export class Wire {
    readonly #screen: Screen;
    readonly #flags: ConnectionFlags & OutputFlags;
    readonly #there: Endpoint;
    readonly #target: { secure: tls.ConnectionOptions | undefined; place: net.NetConnectOpts };
    readonly #record: WriteStream | undefined;
    readonly #sockets = new Set<net.Socket>();
    #count = 0;

    constructor(
        screen: Screen,
        flags: ConnectionFlags & OutputFlags,
        there: Endpoint,
        record: WriteStream | undefined,
    ) {
        this.#screen = screen;
        this.#flags = flags;
        this.#there = there;
        this.#record = record;
        const towards = { ...flags };
        delete towards.cert; // it is for clients
        delete towards.key;
        const { ssl_options } = clientOptions(there, towards);
        const { address: host = "127.0.0.1", port = 50000, path, name } = there;
        const local = name === undefined ? path : path_of(name);
        this.#target = { secure: ssl_options, place: local === undefined ? { host, port } : { path: local } };
    }

    /** A client has come: it is connected with the target. */
    accept(client: net.Socket): void {
        this.#count += 1;
        const number = this.#count;
        this.#screen.note(`#${number} has connected`);
        const { secure, place } = this.#target;
        const server = secure
            ? tls.connect({ ...(place as tls.ConnectionOptions), ...secure, ...HALF_OPEN })
            : net.connect({ ...place, ...HALF_OPEN });
        this.#pass(number, "client", client, server);
        this.#pass(number, "server", server, client);
        let open = 2;
        for (const socket of [client, server]) {
            this.keep(socket);
            socket.setNoDelay();
            socket.on("close", () => {
                open -= 1;
                if (open === 0) this.#screen.note(`#${number} has ended`);
            });
        }
    }

    /** Has a socket ended with all others. */
    keep(socket: net.Socket): void {
        this.#sockets.add(socket);
        socket.on("close", () => this.#sockets.delete(socket));
    }

    /** Ends all connections. */
    cut(): void {
        for (const socket of this.#sockets) socket.destroy();
    }

    #pass(connection: number, from: Side, source: net.Socket, sink: net.Socket): void {
        const cutter = new FrameCutter(this.#flags.terminator, this.#flags.json);
        source.on("data", (chunk: Buffer) => {
            for (const frame of cutter.push(chunk)) this.#seen(connection, from, frame);
        });
        source.pipe(sink);
        source.on("error", (error: NodeJS.ErrnoException) => {
            const reason = from === "server" ? explain(error, nameOf(this.#there)) : error;
            if (error.code !== "EPIPE" && error.code !== "ECONNRESET") this.#screen.fault(reason);
            sink.destroySoon(); // what has been said before still goes out
        });
    }

    #seen(connection: number, from: Side, frame: Frame): void {
        const time = new Date().toISOString();
        const line = jsonLine({ time, connection, from, ...frame });
        this.#record?.write(`${line}\n`);
        if (this.#flags.quiet) return;
        if (this.#flags.bare) this.#screen.line(jsonLine(frame.data ?? null));
        else this.#screen.line(this.#screen.pretty ? this.#portray(time, connection, from, frame) : line);
    }

    #portray(
        time: string,
        connection: number,
        from: Side,
        { bytes, kind, type, data, id, text, error }: Frame,
    ): string {
        const screen = this.#screen;
        const name = type === undefined ? "" : `${className(type)} `;
        const more = [error ?? text ?? data].filter((value) => value !== undefined);
        const shown = more.map((value) => inspect(value, { depth: 8, breakLength: Infinity, compact: true })).join("");
        const mark = typeof id === "string" ? ` ${id.slice(0, 8)}` : "";
        const size = `${bytes} B`;
        const clock = time.slice(11, 23);
        const used = `${clock} #${connection} → ${kind.padEnd(8)} ${name}${size} ${mark}`.length;
        return [
            screen.paint("dim", `${clock} #${connection}`),
            from === "client" ? screen.paint("green", "→") : screen.paint("yellow", "←"),
            `${kind.padEnd(8)} ${screen.paint("cyan", name)}${size}`,
            shorten(shown, Math.max(20, screen.width - used - 1)) + screen.paint("dim", mark),
        ].join(" ");
    }
}
