#!/usr/bin/env node
// Runs `sockhop inspect`, which finds the page of this package.
"use strict";

const path = require("node:path");

const manifest = require.resolve("sockhop/package.json");
process.argv.splice(2, 0, "inspect");
require(path.join(path.dirname(manifest), "dist/cli/main.js"));
