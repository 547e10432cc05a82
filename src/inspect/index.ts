// What the package `sockhop-inspect` has, for the entry point `sockhop/inspect` and for the command line.
export { Hub, type HubInfo, type Watcher } from "./hub/Hub";
export { HubSource } from "./http/HubSource";
export type { InspectedConnection } from "./hub/InspectedConnection";
export { type InspectSource, InspectServer } from "./http/InspectServer";
export { inspect } from "./inspect";
export { type Page, loadPage, version } from "./http/page";
