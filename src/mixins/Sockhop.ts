import { Endpoint } from "../endpoint/Endpoint";
import { Callbacks } from "./Callbacks";
import { Ping } from "./Ping";
import { Requests } from "./Requests";
import { Responses } from "./Responses";

// One mixin per line: nested calls make the compiler forget that Endpoint is generic.
const WithCallbacks = Callbacks(Endpoint);
const WithPing = Ping(WithCallbacks);
const WithResponses = Responses(WithPing);
const WithRequests = Requests(WithResponses);

/** Features of both ends. Client and server differ in how a connection is made, and in the number of connections. */
export abstract class Sockhop<E> extends WithRequests<E> {}
