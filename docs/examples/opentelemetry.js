// OpenTelemetry: the tracing channels create one span for each request, at the requester and at the responder.
// Your program does not change: call traceRequests() before it.
"use strict";

const assert = require("node:assert/strict");
const { tracingChannel } = require("node:diagnostics_channel");
const Sockhop = require("sockhop");

/** Returns the API of OpenTelemetry if it is installed, otherwise a minimal replacement. */
function openTelemetry() {
    try {
        return require("@opentelemetry/api");
    } catch {
        let provider;
        return {
            SpanKind: { SERVER: 1, CLIENT: 2 },
            SpanStatusCode: { ERROR: 2 },
            trace: {
                setGlobalTracerProvider: (its) => (provider = its),
                getTracer: (...args) => provider.getTracer(...args),
            },
        };
    }
}

const { SpanKind, SpanStatusCode, trace } = openTelemetry();

/** Creates spans for the requests of this process. Returns a function that stops it. */
function traceRequests() {
    const tracer = trace.getTracer("sockhop");
    const stops = [
        follow(tracer, "sockhop:request", SpanKind.CLIENT),
        follow(tracer, "sockhop:response", SpanKind.SERVER),
    ];
    return () => stops.forEach((stop) => stop());
}

function follow(tracer, name, kind) {
    const spans = new WeakMap(); // all handlers of a request receive the same object
    const handlers = {
        start(request) {
            const attributes = { "rpc.system": "sockhop", "rpc.method": request.type, "sockhop.uuid": request.uuid };
            spans.set(request, tracer.startSpan(`${name} ${request.type}`, { kind, attributes }));
        },
        error(request) {
            spans.get(request)?.recordException(request.error);
            spans.get(request)?.setStatus({ code: SpanStatusCode.ERROR, message: request.error.message });
        },
        asyncEnd(request) {
            spans.get(request)?.end();
        },
    };
    const channel = tracingChannel(name);
    channel.subscribe(handlers);
    return () => channel.unsubscribe(handlers);
}

/** Replaces the SDK of OpenTelemetry: keeps the spans in memory. */
class MemoryProvider {
    spans = [];

    getTracer() {
        return { startSpan: (name, { kind, attributes }) => new MemorySpan(this.spans, { name, kind, attributes }) };
    }
}

class MemorySpan {
    constructor(ended, details) {
        this.ended = ended;
        this.details = { ...details, start: performance.now() };
    }

    recordException({ code }) {
        this.details.exception = code;
    }

    setStatus(status) {
        this.details.status = status;
    }

    end() {
        this.ended.push({ ...this.details, milliseconds: performance.now() - this.details.start });
    }
}

class Sum {
    constructor(...numbers) {
        this.numbers = numbers;
    }
}

async function main() {
    const provider = new MemoryProvider();
    trace.setGlobalTracerProvider(provider); // the SDK does this when it starts
    const stop = traceRequests();

    const server = new Sockhop.server({ port: 0 });
    server.on("request", ({ data }, response) => {
        // A client may send anything.
        const numbers = Array.isArray(data?.numbers) ? data.numbers.filter(Number.isFinite) : [];
        if (numbers.length === 0) response.fail(new Error("Nothing to add"));
        else response.send(numbers.reduce((a, b) => a + b));
    });
    await server.listen();
    const client = new Sockhop.client({ port: server.get_bound_port() });
    await client.connect();
    assert.equal(await client.ask(new Sum(2, 3)), 5);
    await assert.rejects(client.ask(new Sum()), { code: "ERR_REQUEST_FAILED" });
    await client.disconnect();
    await server.close();
    stop();

    for (const { name, kind, attributes, milliseconds, exception } of provider.spans) {
        const duration = `${milliseconds.toFixed(1)} ms`;
        console.log(
            kind === SpanKind.CLIENT ? "requester:" : "responder:",
            name,
            attributes["sockhop.uuid"],
            duration,
            exception ?? "",
        );
    }
    const [requester, responder] = [SpanKind.CLIENT, SpanKind.SERVER].map((kind) =>
        provider.spans.filter((span) => span.kind === kind),
    );
    const ids = (spans) => spans.map(({ attributes }) => attributes["sockhop.uuid"]);
    assert.equal(requester.length, 2);
    assert.deepEqual(ids(requester), ids(responder)); // both spans of a request have the same id
    assert.equal(requester[0].status, undefined);
    assert.equal(requester[1].status.code, SpanStatusCode.ERROR);
    assert.equal(requester[1].exception, "ERR_REQUEST_FAILED");
}

process.exitCode = 1; // until main() completes
main().then(() => {
    process.exitCode = 0;
});
