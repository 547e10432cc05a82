// Address of the repository, as package.json has it. It has the placeholder OWNER until the project has an address of its own.
//
//     node test/package/address.js         says so, if that is the case
//     node test/package/address.js --publish    refuses to publish the folder: only the packed file may be published
"use strict";

const manifest = require("../../package.json");

/** Web page of the repository. */
const repository = manifest.repository.url.replace(/^git\+/, "").replace(/\.git$/, "");

/** One message about the placeholder. Empty after it was replaced. */
const missing = /\/OWNER\//.test(`${repository}/`)
    ? "To fill in before a release: replace OWNER in `repository`, `homepage` and `bugs` of package.json."
    : "";

module.exports = { missing, repository };

if (require.main === module) {
    if (missing) console.error(missing);
    if (process.argv.includes("--publish")) {
        console.error("Publish the packed file, which has absolute links in its README: npm run pack -- --release");
        process.exitCode = 1;
    }
}
