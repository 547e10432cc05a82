// The reporter "spec", and at the end the names of all tests that have failed: the end of a log of CI names them.
"use strict";

const { reporters } = require("mocha");

module.exports = class extends reporters.Spec {
    epilogue() {
        super.epilogue();
        if (this.failures.length === 0) return;
        console.log("Failed:");
        for (const test of this.failures.slice(0, 40)) console.log(`  ${test.file ?? ""} › ${test.fullTitle()}`);
        if (this.failures.length > 40) console.log(`  and ${this.failures.length - 40} more`);
        console.log();
    }
};
