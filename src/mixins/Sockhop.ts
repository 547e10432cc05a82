import { Endpoint } from "../endpoint/Endpoint";
import { Agreement } from "./Agreement";
import { Callbacks } from "./Callbacks";
import { Flush } from "./Flush";
import { Handlers } from "./Handlers";
import { Ping } from "./Ping";
import { Requests } from "./Requests";
import { Resume } from "./Resume";
import { Responses } from "./Responses";

// One mixin per line: nested calls make the compiler forget that Endpoint is generic.
const WithCallbacks = Callbacks(Endpoint);
const WithPing = Ping(WithCallbacks);
const WithFlush = Flush(WithPing);
const WithResume = Resume(WithFlush);
const WithResponses = Responses(WithResume);
const WithHandlers = Handlers(WithResponses);
const WithRequests = Requests(WithHandlers);
const WithAgreement = Agreement(WithRequests);

/** Endpoint with the features of both ends. Client and server add how connections are made, and how many there are. */
export abstract class Sockhop<E, T, Other extends string | symbol> extends WithAgreement<E, T, Other> {}
