import { Endpoint } from "../endpoint/Endpoint";
import { Callbacks } from "./Callbacks";
import { Ping } from "./Ping";
import { Requests } from "./Requests";

// One mixin per line on purpose: nesting the calls makes the compiler forget that Endpoint is generic.
const WithCallbacks = Callbacks(Endpoint);
const WithPing = Ping(WithCallbacks);
const WithRequests = Requests(WithPing);

/** All that client and server share. They differ only in how a connection comes to be, and in how many there are. */
export abstract class Sockhop<E> extends WithRequests<E> {}
