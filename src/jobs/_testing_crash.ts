/**
 * A server that is killed: queues a load, says when it runs, and goes on for
 * ever. Arguments: data folder, gate, database URL or "".
 *
 * @module
 */
import { openGround, testRequest } from "./_testing.ts";

if (import.meta.main) {
  const [dataDir, gate, databaseUrl] = Deno.args;
  if (dataDir === undefined) throw new Error("Cannot start: no data folder");
  const ground = await openGround(dataDir, databaseUrl || undefined);
  const jobs = await ground.open();
  const { id } = await jobs.submit(testRequest({ tag: "killed", gate }));
  while ((await ground.effects("killed")).started === 0) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log(id);
  setInterval(() => {}, 1_000);
}
