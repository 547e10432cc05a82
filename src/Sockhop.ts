import { Endpoint } from "./core/Endpoint";
import { Callbacks } from "./mixins/Callbacks";
import { Ping } from "./mixins/Ping";
import { Requests } from "./mixins/Requests";

// One mixin per line on purpose: nesting the calls makes the compiler forget that Endpoint is generic.
const WithCallbacks = Callbacks(Endpoint);
const WithPing = Ping(WithCallbacks);
const WithRequests = Requests(WithPing);

/** All that client and server share. They differ only in how a connection comes to be, and in how many there are. */
export abstract class Sockhop<E> extends WithRequests<E> {}
