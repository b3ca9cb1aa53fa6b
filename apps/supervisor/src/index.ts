export { ensureSupervisor, findSupervisor, type LaunchOptions } from "./launch.ts";
export { type Leftover, leftovers } from "./leftovers.ts";
export { forgetProcesses } from "./memory.ts";
export { type Aside, asidePath, isUncut, readAside } from "./set-aside.ts";
