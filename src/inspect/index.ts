// What the package `sockhop-inspect` has, for the entry point `sockhop/inspect` and for the command line.
export { Hub, type HubInfo, type Watcher } from "./Hub";
export { HubSource } from "./HubSource";
export type { InspectedConnection } from "./InspectedConnection";
export { type InspectSource, InspectServer } from "./InspectServer";
export { inspect } from "./inspect";
export { type Page, loadPage, version } from "./page";
