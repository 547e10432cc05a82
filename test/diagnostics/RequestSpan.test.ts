import { expect } from "chai";
import { AsyncLocalStorage } from "node:async_hooks";
import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { RequestChannel, type RequestDiagnostics } from "../../src/diagnostics/RequestSpan";
import { later } from "../support/pair";

const NAME = "sockhop:test";
const EVENTS = ["start", "end", "asyncStart", "asyncEnd", "error"];

const CONTEXT = { endpoint: {}, socket: undefined, uuid: "u", type: "Object", data: { a: 1 } };

/** Names of the events of the channel from now on, with the context that each had. */
function subscribeAll(): { names: string[]; contexts: RequestDiagnostics[] } {
    const names: string[] = [];
    const contexts: RequestDiagnostics[] = [];
    for (const event of EVENTS) {
        const listener = (context: unknown): void => {
            names.push(event);
            contexts.push(context as RequestDiagnostics);
        };
        subscribe(`tracing:${NAME}:${event}`, listener);
        later(() => unsubscribe(`tracing:${NAME}:${event}`, listener));
    }
    return { names, contexts };
}

describe("RequestChannel", () => {
    it("has subscribers if one of its five events has", () => {
        const channel = new RequestChannel(NAME);
        expect(channel.hasSubscribers).to.equal(false);
        for (const event of EVENTS) {
            const listener = (): void => undefined;
            subscribe(`tracing:${NAME}:${event}`, listener);
            expect(channel.hasSubscribers, event).to.equal(true);
            unsubscribe(`tracing:${NAME}:${event}`, listener);
            expect(channel.hasSubscribers, event).to.equal(false);
        }
    });
});

describe("RequestSpan", () => {
    it("publishes the synchronous part, and returns its result", () => {
        const { names } = subscribeAll();
        const span = new RequestChannel(NAME).begin({ ...CONTEXT });
        const seen = span.run(() => [...names]);
        expect(seen).to.deep.equal(["start"]);
        expect(names).to.deep.equal(["start", "end"]);
    });

    it("publishes the end of the synchronous part even if it throws", () => {
        const { names } = subscribeAll();
        const span = new RequestChannel(NAME).begin({ ...CONTEXT });
        expect(() =>
            span.run(() => {
                throw new Error("of the program");
            }),
        ).to.throw("of the program");
        expect(names).to.deep.equal(["start", "end"]);
    });

    it("runs the synchronous part in the stores that are bound to `start`", () => {
        const store = new AsyncLocalStorage<string>();
        const { start } = tracingChannel(NAME);
        start.bindStore(store, (context) => (context as RequestDiagnostics).uuid);
        later(() => start.unbindStore(store));
        const span = new RequestChannel(NAME).begin({ ...CONTEXT });
        expect(span.run(() => store.getStore())).to.equal("u");
        expect(store.getStore()).to.equal(undefined);
    });

    it("publishes the end once, with the result", () => {
        const { names, contexts } = subscribeAll();
        const span = new RequestChannel(NAME).begin({ ...CONTEXT });
        span.ended({ sum: 3 });
        span.ended("second");
        span.failed(new Error("late"));
        expect(names).to.deep.equal(["asyncStart", "asyncEnd"]);
        expect(contexts[0]).to.deep.equal({ ...CONTEXT, result: { sum: 3 } });
    });

    it("publishes an error before the end, and no result then", () => {
        const { names, contexts } = subscribeAll();
        const error = new Error("of the peer");
        const span = new RequestChannel(NAME).begin({ ...CONTEXT });
        span.failed(error);
        span.ended();
        expect(names).to.deep.equal(["error", "asyncStart", "asyncEnd"]);
        expect(contexts.at(-1)).to.deep.equal({ ...CONTEXT, error });
    });

    it("has the same context in all events", () => {
        const { contexts } = subscribeAll();
        const context = { ...CONTEXT };
        const span = new RequestChannel(NAME).begin(context);
        span.run(() => undefined);
        span.failed(new Error("of the peer"));
        span.ended();
        expect(contexts).to.have.length(5);
        expect(contexts.every((each) => each === context)).to.equal(true);
    });
});
