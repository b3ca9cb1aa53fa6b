export * from "./plans.ts";
export * from "./undo-classes.ts";
