// The messages of the demo: one object for each package in the lock file of the project.
"use strict";

const lockFile = require("../../../package-lock.json");

class Package {
    name;
    path;

    constructor(path, details) {
        this.name = path.split("node_modules/").pop();
        this.path = path;
        Object.assign(this, details); // version, license, dependencies and other properties
    }

    /** Returns all packages, in the order of the lock file. */
    static all() {
        return Object.entries(lockFile.packages).map(([path, details]) => new Package(path, details));
    }
}

module.exports = Package;
