"use strict";

// npm run api               writes sockhop.api.md: the public API of the built declarations
// npm run api -- --check    fails, and prints the difference, if that file is not up to date

const { mkdirSync } = require("node:fs");
const { join } = require("node:path");
const { parseArgs } = require("node:util");
const { Extractor, ExtractorConfig, ExtractorLogLevel } = require("@microsoft/api-extractor");

const { check } = parseArgs({ options: { check: { type: "boolean", default: false } } }).values;
const config = ExtractorConfig.loadFileAndPrepare(join(__dirname, "api-extractor.json"));
mkdirSync(config.reportTempFolder, { recursive: true });

const { succeeded, apiReportChanged } = Extractor.invoke(config, {
    localBuild: !check,
    printApiReportDiff: check,
    messageCallback: (message) => {
        // The result is printed below. The advice of the tool is for projects without this script.
        const { messageId, logLevel } = message;
        if (messageId === "console-api-report-not-copied" || logLevel === ExtractorLogLevel.Info) {
            message.handled = messageId !== "console-api-report-diff";
        }
    },
});

if (!apiReportChanged) {
    console.log("What users can name is what test/package/sockhop.api.md says");
} else if (check) {
    console.error("What users can name has changed. If it was to: npm run build && npm run api, and commit the file");
} else {
    console.log("test/package/sockhop.api.md is written anew");
}
if (!succeeded) process.exitCode = 1;
