// A program that requires the package, as programs for 1.8 do.
const Sockhop = require("sockhop");
const { check } = require("./check.mjs");

const deep = {
    ObjectBuffer: require("sockhop/lib/ObjectBuffer.js"),
    SockhopClient: require("sockhop/lib/SockhopClient"),
    SockhopError: require("sockhop/lib/SockhopError"),
    SockhopServer: require("sockhop/lib/SockhopServer.js"),
    SockhopSession: require("sockhop/lib/SockhopSession.js"),
    TimedMap: require("sockhop/lib/TimedMap.js"),
};
const more = [require("sockhop/lib/SockhopPing.js"), require("sockhop/lib/SockhopRequest.js")];
check([Sockhop, Sockhop.default, require("sockhop/index"), require("sockhop/index.js")], [deep, ...more]);
