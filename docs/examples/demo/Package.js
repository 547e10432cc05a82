// What the demo sends: one object of this class for each package that the lock file of the project lists.
"use strict";

const lockFile = require("../../../package-lock.json");

class Package {
    name;
    place;

    constructor(place, details) {
        this.name = place.split("node_modules/").pop();
        this.place = place;
        Object.assign(this, details); // version, license, dependencies and what else there is
    }

    /** All packages, in the order of the lock file. */
    static all() {
        return Object.entries(lockFile.packages).map(([place, details]) => new Package(place, details));
    }
}

module.exports = Package;
