// Prints one line for each transfer of the demo.
"use strict";

const WIDTHS = [19, 9, 10, 12, 8, 13, 15];

function printRow(first, ...others) {
    const cells = others.map((text, index) => text.padStart(WIDTHS[index + 1]));
    console.log(`  ${first.padEnd(WIDTHS[0])}${cells.join("")}`);
}

function printHeading(title) {
    console.log(`\n${title}`);
    printRow("", "messages", "JSON", "messages/s", "MB/s", "sha256 sent", "sha256 arrived");
}

function printTransfer({ from, to, sent, arrived, seconds }) {
    printRow(
        `${from} → ${to}`,
        arrived.messages.toLocaleString("en"),
        `${(arrived.bytes / 1e6).toFixed(2)} MB`,
        Math.round(arrived.messages / seconds).toLocaleString("en"),
        (arrived.bytes / 1e6 / seconds).toFixed(1),
        sent.sha256.slice(0, 8),
        arrived.sha256.slice(0, 8),
    );
}

module.exports = { printHeading, printTransfer };
