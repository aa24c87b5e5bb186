import { openLimits } from "@loophound/toolkit/limits";
import { createThreadPool } from "@loophound/toolkit/offload";
import assert from "node:assert/strict";
import { openHttp } from "./http.ts";

Deno.test("openHttp() names the setting that it cannot read", async () => {
  using limits = openLimits();
  limits.hosts("http", {});
  await using pool = await createThreadPool({ classes: {}, kind: "inline" });
  const parts = { limits, pool, version: "test" };
  assert.throws(() => openHttp({ httpAllow: ["bad host"] }, parts), {
    name: "ConfigError",
    message: /HTTP_ALLOW.*"bad host"/,
  });
  await using http = openHttp({ httpAllow: ["127.0.0.1:1"] }, parts);
  // Allowed, so that it is tried: nobody listens there.
  await assert.rejects(http.text("http://127.0.0.1:1/"), {
    name: "ConnectionError",
  });
  await assert.rejects(http.text("http://127.0.0.1:22222/"), {
    name: "AddressRefusedError",
  });
});
