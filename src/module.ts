// The entry point of the build for bundlers. Its default export is the module itself, as `require("sockhop").default` is.
export * from "./exports";
export * as default from "./module";
