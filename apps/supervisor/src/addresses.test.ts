import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { alive, type FakePlatform, fakePlatform, kill9, until, value } from "../test/fake-platform.ts";

describe("addresses over an end and a start", () => {
  let platform: FakePlatform | null = null;
  afterAll(() => platform?.cleanup());

  test("a version that comes back at another address is told to the gateway before anybody is told that all is up", async () => {
    platform = await fakePlatform();
    const client = value(await platform.launch());
    const first = value(await client.putInstance(platform.spec("back")));
    const second = value(await client.putInstance(platform.spec("back", "2.0.0")));
    const port = Number(new URL(second.urls.http ?? "").port);
    const gateway = fileURLToPath(new URL("../test/fake-gateway.ts", import.meta.url));
    const env = { ADMIN_TOKEN: "${secret.token}", KEPT: `back/2.0.0=${second.urls.http}` };
    value(await client.putInstance({ ...platform.spec("front"), command: [gateway], env }));
    const { pid } = value(await client.state());
    value(await client.shutdown());
    await until(async () => !(await alive(pid)), "the supervisor has ended");

    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(port, "127.0.0.1", resolve));
    const again = value(await platform.launch());
    const moved = value(await again.state()).instances.find((one) => one.id === "back@2.0.0");
    expect(moved?.state).toBe("healthy");
    expect(moved?.urls.http).not.toBe(second.urls.http);
    const admin = value(await again.resolve("${service.front.admin.url}"));
    const headers = { authorization: `Bearer ${value(await again.resolve("${secret.token}"))}` };
    const known = await (await fetch(`${admin}/admin/upstreams`, { headers })).json();
    expect(known).toEqual({
      upstreams: [
        { service: "back", version: "2.0.0", url: moved?.urls.http },
        { service: "back", version: "1.0.0", url: first.urls.http },
      ],
    });

    // Brought back after a crash it keeps its address, so there is nothing to tell.
    kill9(moved?.pid);
    const now = async () => value(await again.state()).instances.find((one) => one.id === "back@2.0.0");
    await until(
      async () => (await now())?.restarts === 1 && (await now())?.state === "healthy",
      "it is back",
    );
    expect((await now())?.urls).toEqual(moved?.urls);
    value(await again.shutdown());
    await new Promise((resolve) => squatter.close(resolve));
  });
});
