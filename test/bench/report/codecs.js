// docs/codec-benchmarks.md: the codecs of this version, and programs that encode as other libraries do.
"use strict";

const { byName: workloadOf } = require("../workloads");
const parts = require("./sections.js");

const { better, markdown } = parts;

/** Implementations that are compared with the limit, with their titles. */
const CODECS = { ours: "JSON lines", binary: "binary", msgpackr: "msgpackr", "cbor-x": "cbor-x", v8: "v8" };

/** Implementations with `resume: true`, and the same without it. */
const RESUMED = { resume: "ours", "binary-resume": "binary" };

function isOfCodecs(name) {
    return name in CODECS || name in RESUMED;
}

/**
 * One row for each workload.
 *
 * @param columns - implementations, with the titles of their columns
 * @param baseOf - returns the implementation that one is compared with
 */
function ratios(all, columns, baseOf) {
    const rows = [["", ...Object.values(columns)]];
    for (const [name, results] of Object.entries(all)) {
        const { title, chart, metrics } = workloadOf.get(name);
        const options = metrics[chart];
        const cells = Object.keys(columns).map(
            (each) => better(results, each, baseOf(each), chart, options)?.toFixed(2) ?? "",
        );
        if (cells.every((cell) => cell === "")) continue;
        rows.push([`${title}: ${options.title}`, ...cells]);
    }
    return markdown(rows);
}

/** Returns the page. */
function page(run) {
    const { machine, workloads: all } = run;
    return `# Codecs compared

Speed of the codecs of this library, and of programs that are written by hand for other encodings.
[Benchmarks](benchmarks.md) compares the default, JSON lines, with other libraries.

The limit is a program that sends the JSON lines of this library, as fast as a program can that does nothing else.
The columns are advantages over it: 2 is twice as much per second, or half of the time or size.

${ratios(all, CODECS, () => "limit")}

- "JSON lines" is the default of this library, "binary" has \`codec: "binary"\` at both ends.
- "msgpackr", "cbor-x" and "v8" are programs like the limit, with length-prefixed frames. A frame has all messages of a tick, each encoded when it is sent, and is decoded in one call. The first two send the keys of objects once for each connection. They have no types, limits, errors or timeouts.

With \`resume: true\` at both ends, compared with the same codec without it:

${ratios(all, { resume: "JSON lines", "binary-resume": "binary" }, (name) => RESUMED[name])}

${Object.entries(all)
    .map(([name, results]) => parts.section(name, results, parts.CODEC_PREFIX))
    .join("\n\n")}

## Method

\`npm run bench -- --report codecs\` writes this page in about an hour.

${parts.method(run)}

${parts.measuredOn(machine)}

${parts.participants(run)}
`;
}

module.exports = {
    file: "codec-benchmarks.md",
    prefix: parts.CODEC_PREFIX,
    takesPart: ({ name }) => name === "limit" || isOfCodecs(name),
    isOfCodecs,
    page,
};
