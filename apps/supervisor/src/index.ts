export { ensureSupervisor, findSupervisor, type LaunchOptions } from "./launch.ts";
