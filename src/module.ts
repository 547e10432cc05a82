// Entry point of the build for bundlers. The default export is the module itself, like `require("sockhop").default`.
export * from "./exports";
export * as default from "./module";
