import { defineConfig } from "vitest/config";

const include = ["clock.vitest.mjs"];

export default defineConfig({
    test: {
        testTimeout: 5000,
        projects: [
            { test: { name: "node", include } },
            { test: { name: "jsdom", include, environment: "jsdom" } },
            { test: { name: "threads", include, pool: "vmThreads" } },
            { test: { name: "inlined", include, server: { deps: { inline: ["sockhop"] } }, env: { INLINED: "yes" } } },
        ],
    },
});
