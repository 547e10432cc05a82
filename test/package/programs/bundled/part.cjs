// A part of import.mjs that is CommonJS.
exports.ObjectBuffer = require("sockhop/lib/ObjectBuffer");
Object.assign(exports, require("sockhop/lib/SockhopPing.js"));
const { SockhopServer, SockhopClient, SockhopSession, SockhopError } = require("sockhop");
Object.assign(exports, { SockhopServer, SockhopClient, SockhopSession, SockhopError });
