/** Starts an embedded server (arguments: data folder, log file, password), says its pid and port, and stays until killed. */
import { startEmbedded } from "../src/embedded/start.ts";

const [dataDir, logFile, password] = process.argv.slice(2);
if (dataDir === undefined || logFile === undefined || password === undefined)
  throw new Error("three arguments");
const started = await startEmbedded({ dataDir, logFile, password });
console.log(
  JSON.stringify(
    started.ok ? { pid: started.value.pid, port: started.value.port } : { problems: started.problems },
  ),
);
setInterval(() => undefined, 60_000);
