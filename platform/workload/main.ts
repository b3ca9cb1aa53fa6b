// Users at work on D.Coder: traffic of every tenant through the gateway, and a ledger of every write it acknowledged.
import { jsonLog } from "../shared/json-log.ts";
import { stopOnSignal } from "../shared/stop.ts";
import { readConfig } from "./config.ts";
import { controlServer } from "./control.ts";
import { LedgerError } from "./ledger.ts";
import { Workload } from "./workload.ts";

const config = readConfig();
const log = jsonLog("workload");

function openWorkload(): Workload {
  try {
    return new Workload(config, log);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const remedy = error instanceof LedgerError ? " Move the file away to begin a new ledger." : "";
    log.error("ledger", { reason: `${reason}.${remedy}` });
    process.exit(2);
  }
}

const workload = openWorkload();
const server = controlServer(workload, log);
const started = workload.start();
server.listen(config.port, config.host, () => log.info("listening", { port: config.port }));
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => workload.halt());
stopOnSignal(log, [server], async () => {
  await workload.stop();
  await started;
});
