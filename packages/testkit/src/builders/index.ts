export * from "./plans.ts";
export * from "./runs.ts";
export * from "./undo-classes.ts";
