import { until } from "../../test/baton-process.ts";
import { connected } from "../../test/databases.ts";
import { steady } from "../../test/live-platform.ts";
import type { Fault } from "./fault.ts";

/** Whether a server takes connections and answers. */
const answers = (url: string): Promise<boolean> =>
  connected(url, (client) => client.query("select 1")).then(
    () => true,
    () => false,
  );

/** The database server of journal and tenants dies at once, with everything under way in it. */
export const postgresKill: Fault = {
  name: "postgres-kill",
  words: "kill -9 of PostgreSQL",
  harmsRequests: true,
  mayTurn: false,
  mayEndConductor: true,
  async strike({ platform }) {
    const { supervisor } = platform.session;
    const { postgres } = await steady(() => supervisor.state());
    if (postgres.pid === null) return null;
    process.kill(postgres.pid, "SIGKILL");
    return {
      what: `process ${postgres.pid}`,
      async heal() {
        await until("PostgreSQL runs again", async () => {
          const now = (await steady(() => supervisor.state())).postgres;
          if (now.state !== "running" || now.pid === postgres.pid) return false;
          return answers(await steady(() => supervisor.resolve("${database.baton}")));
        });
      },
    };
  },
};

/** One process of the service that the release replaces dies at once; the newest version where two run. */
export const serviceKill: Fault = {
  name: "service-kill",
  words: "kill -9 of one platform-api",
  harmsRequests: true,
  mayTurn: false,
  mayEndConductor: false,
  async strike({ platform }) {
    const { supervisor } = platform.session;
    const running = async () =>
      (await steady(() => supervisor.state())).instances.filter((i) => i.service === "platform-api");
    const hit = (await running()).filter((i) => i.state === "healthy").at(-1);
    if (hit === undefined || hit.pid === null) return null;
    process.kill(hit.pid, "SIGKILL");
    return {
      what: `${hit.id}, process ${hit.pid}`,
      async heal() {
        await until(`${hit.id} serves again`, async () => {
          const now = (await running()).find((i) => i.id === hit.id);
          // A rollback may have retired it meanwhile.
          return now === undefined || (now.state === "healthy" && now.pid !== hit.pid);
        });
      },
    };
  },
};
