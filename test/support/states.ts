import { expect } from "chai";
import { EventEmitter } from "node:events";
import { SockhopClient, SockhopError, SockhopServer } from "../../src";
import { turns, until } from "./eventLoop";

/** Codes of the errors that a method may throw synchronously. */
const THROWN: readonly unknown[] = ["ERR_BAD_OPTION", "ERR_NO_SOCKET", "ERR_REMOTE_CALLBACK_TYPE"];

/** A value of a type that the compiler rejects here. */
export const odd = (value: unknown): never => value as never;

/** Names of public methods of a class that no action calls. */
export function missing(
    Class: { prototype: object },
    actions: Record<string, (...args: never[]) => unknown>,
): string[] {
    const text = Object.values(actions).map(String).join();
    const names = new Set<string>();
    let level = Class.prototype;
    // Those of EventEmitter are Node's.
    for (
        ;
        level !== EventEmitter.prototype && level !== Object.prototype;
        level = Object.getPrototypeOf(level) as object
    ) {
        for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(level))) {
            if (typeof value === "function" && name !== "constructor" && !name.startsWith("_")) names.add(name);
        }
    }
    return [...names].filter((name) => !text.includes(`.${name}(`) && !text.includes(`.${name}?.(`));
}

/** Collects the results of calls. Errors must be documented ones or those of the system. */
export class Outcomes {
    readonly #promises: Promise<unknown>[] = [];

    constructor(readonly label: string) {}

    /** Calls a method. */
    call(action: () => unknown): void {
        try {
            this.#promises.push(Promise.resolve(action()).catch((error: unknown) => this.#judge(error)));
        } catch (error) {
            this.#judge(error);
            expect(THROWN, `${this.label} threw ${String(error)}`).to.include((error as SockhopError).code);
        }
    }

    #judge(error: unknown): void {
        const isSystem = (error as NodeJS.ErrnoException).syscall !== undefined;
        const isNode = (error as NodeJS.ErrnoException).code === "ERR_SERVER_ALREADY_LISTEN";
        const known = error instanceof SockhopError || isSystem || isNode;
        expect(known, `${this.label}: ${(error as Error).stack}`).to.equal(true);
    }

    settled(): Promise<unknown> {
        return Promise.all(this.#promises);
    }
}

/** Types of the resources that keep the process alive, sorted. */
const resources = (): string[] =>
    process
        .getActiveResourcesInfo()
        .filter((name) => name !== "Immediate") // mocha uses them
        .sort();

/** A server that must keep working, however others are used. */
export interface OtherServer {
    server: SockhopServer;
    port: number;
    /** Fails if the server does not respond, or if other resources are left open. */
    check(label: string): Promise<void>;
}

/** Starts a server before each test of a suite, and closes it afterwards. */
export function otherServer(): OtherServer {
    let before: string[];
    const other: OtherServer = {
        server: undefined as never, // assigned before each test
        port: 0,
        async check(label) {
            const c = new SockhopClient({ port: other.port });
            await c.connect();
            expect(await c.ask("still there?"), label).to.equal("still there?");
            await c.disconnect();
            await until(() => other.server.sockets.length === 0);
            await until(() => resources().length <= before.length);
            expect(resources(), label).to.deep.equal(before);
        },
    };

    beforeEach(async () => {
        const s = new SockhopServer({ port: 0 });
        s.on("request", (request, response) => void response.send(request.data));
        s.on("receive", (value, { callback, socket }) => {
            if (value === "leave") void s.kill_socket(socket);
            else if (value === "greet") void s.send(socket, "hello");
            else callback?.(value);
        });
        await s.listen();
        other.server = s;
        other.port = s.get_bound_port()!;
        await turns(2);
        before = resources();
    });

    afterEach(async () => {
        await other.server.close();
    });

    return other;
}
