// Each request becomes a span, at the end that asks and at the end that answers: from the tracing channels to OpenTelemetry.
// Your programs need not be changed for that: load something like traceRequests() before them.
"use strict";

const assert = require("node:assert/strict");
const { tracingChannel } = require("node:diagnostics_channel");
const Sockhop = require("sockhop");

/** The interface of OpenTelemetry, where it is installed; otherwise just as much of it as is needed here. */
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

/** Makes spans of the requests of this process. Gives back what ends that. */
function traceRequests() {
    const tracer = trace.getTracer("sockhop");
    const stops = [
        follow(tracer, "sockhop:request", SpanKind.CLIENT),
        follow(tracer, "sockhop:response", SpanKind.SERVER),
    ];
    return () => stops.forEach((stop) => stop());
}

function follow(tracer, name, kind) {
    const spans = new WeakMap(); // each request has one object, which is given to all the handlers
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

/** Stands in for the SDK of OpenTelemetry, which would send the spans to where you look at them: this one keeps them. */
class MemoryProvider {
    spans = [];

    getTracer() {
        return { startSpan: (name, { kind, attributes }) => new MemorySpan(this.spans, { name, kind, attributes }) };
    }
}

class MemorySpan {
    constructor(ended, about) {
        this.ended = ended;
        this.about = { ...about, begun: performance.now() };
    }

    recordException({ code }) {
        this.about.exception = code;
    }

    setStatus(status) {
        this.about.status = status;
    }

    end() {
        this.ended.push({ ...this.about, milliseconds: performance.now() - this.about.begun });
    }
}

class Sum {
    constructor(...numbers) {
        this.numbers = numbers;
    }
}

async function main() {
    const provider = new MemoryProvider();
    trace.setGlobalTracerProvider(provider); // what the SDK does when it is started
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
        const took = `${milliseconds.toFixed(1)} ms`;
        console.log(
            kind === SpanKind.CLIENT ? "asked:   " : "answered:",
            name,
            attributes["sockhop.uuid"],
            took,
            exception ?? "",
        );
    }
    const [asked, answered] = [SpanKind.CLIENT, SpanKind.SERVER].map((kind) =>
        provider.spans.filter((span) => span.kind === kind),
    );
    const ids = (spans) => spans.map(({ attributes }) => attributes["sockhop.uuid"]);
    assert.equal(asked.length, 2);
    assert.deepEqual(ids(asked), ids(answered)); // the two sides of a request have the same id
    assert.equal(asked[0].status, undefined);
    assert.equal(asked[1].status.code, SpanStatusCode.ERROR);
    assert.equal(asked[1].exception, "ERR_REQUEST_FAILED");
}

process.exitCode = 1; // unless main() gets to its end
main().then(() => {
    process.exitCode = 0;
});
