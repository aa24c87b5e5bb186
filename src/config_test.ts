import assert from "node:assert/strict";
import { ConfigError, readConfig } from "./config.ts";
import { settings } from "./settings.ts";

Deno.test("readConfig() answers the defaults for an empty environment", () => {
  const config = readConfig({});
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8000);
  assert.equal(config.databaseUrl, undefined);
  assert.ok(config.dataDir.endsWith("/data"));
  assert.deepEqual(config.allowedRoots, [`${config.dataDir}/inbox`]);
  assert.ok(config.workers >= 2);
  assert.equal(config.sampleData, true);
});

Deno.test("readConfig() reads every setting of the table", () => {
  const config = readConfig({
    HOST: "0.0.0.0",
    PORT: "0",
    DATA_DIR: "/srv/x",
    DATABASE_URL: "postgres://u@h/d",
    ALLOWED_ROOTS: "/a, b ,",
    LOOP_THRESHOLD_MS: "2.5",
    MAX_BODY_MB: "0.5",
    MAX_RECORD_KB: "2",
    WORKERS: "4",
    SAMPLE_DATA: "off",
    THREADS: "inline",
    API_TOKEN: " secret ",
    JOB_RETENTION_DAYS: "0.5",
    DRAIN_DELAY_S: "2",
  });
  assert.equal(config.allowedRoots[0], "/a");
  assert.ok(config.allowedRoots[1]?.endsWith("/b"));
  assert.equal(config.allowedRoots.length, 2);
  assert.equal(config.loopThresholdMs, 2.5);
  assert.equal(config.maxBodyBytes, 524_288);
  assert.equal(config.maxRecordBytes, 2048);
  assert.equal(config.apiToken, "secret");
  assert.equal(config.threads, "inline");
  assert.equal(config.jobRetentionDays, 0.5);
  assert.equal(config.drainDelayMs, 2_000);
});

Deno.test("readConfig() names the setting, the value and what is valid", () => {
  for (
    const [name, value, says] of [
      ["PORT", "seven", /PORT="seven".*0 to 65535/],
      ["PORT", "1.5", /a whole number/],
      ["WORKERS", "1", /WORKERS="1".*2 to 64/],
      ["THREADS", "many", /auto, node, web, inline/],
      ["SAMPLE_DATA", "yes", /on, off/],
    ] as const
  ) {
    assert.throws(
      () => readConfig({ [name]: value }),
      (error: unknown) =>
        error instanceof ConfigError && says.test(error.message),
    );
  }
});

Deno.test("readConfig() does not repeat a database URL that may hold a password", () => {
  assert.throws(
    () => readConfig({ DATABASE_URL: "mysql://u:secret@h/d" }),
    (error: unknown) =>
      error instanceof ConfigError && !error.message.includes("secret"),
  );
});

Deno.test("settings tell a reason each", () => {
  for (const setting of settings) assert.ok(setting.reason.length > 10);
});
