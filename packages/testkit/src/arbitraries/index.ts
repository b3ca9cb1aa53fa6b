export * from "./free-plans.ts";
export * from "./plans.ts";
export * from "./platforms.ts";
export * from "./releases.ts";
export * from "./sha256.ts";
