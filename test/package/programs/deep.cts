// As programs for 1.x require it, old deep paths among it. It is compiled as CommonJS, and run.
import Sockhop = require("sockhop");
import Index = require("sockhop/index.js");
import IndexWithoutJs = require("sockhop/index");
import ObjectBuffer = require("sockhop/lib/ObjectBuffer.js");
import SockhopClient = require("sockhop/lib/SockhopClient");
import SockhopError = require("sockhop/lib/SockhopError");
import SockhopPing = require("sockhop/lib/SockhopPing");
import SockhopRequest = require("sockhop/lib/SockhopRequest.js");
import SockhopServer = require("sockhop/lib/SockhopServer.js");
import SockhopSession = require("sockhop/lib/SockhopSession");
import TimedMap = require("sockhop/lib/TimedMap");
import assert = require("node:assert");

const server: Sockhop.SockhopServer = new SockhopServer({ port: 0 });
const client: SockhopClient = new Index.client();
const map: Sockhop.TimedMap<string, number> = new TimedMap<string, number>();
const buffer: Sockhop.ObjectBuffer = new ObjectBuffer();

assert(server instanceof Sockhop.server && client instanceof Sockhop.SockhopClient);
assert(map instanceof Sockhop.TimedMap && buffer instanceof Sockhop.ObjectBuffer);
assert.strictEqual(IndexWithoutJs.server, Index.SockhopServer);
assert.strictEqual(new SockhopError("text", "ERR_BAD_DATA").code, "ERR_BAD_DATA");
assert.strictEqual(SockhopPing.SockhopPong, Sockhop.SockhopPong);
assert.strictEqual(SockhopRequest.SockhopRequest, Sockhop.SockhopRequest);
assert.strictEqual(SockhopSession, Sockhop.session);
process.stdout.write("deep: well\n");
