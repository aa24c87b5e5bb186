import { equal, match } from "node:assert/strict";
import { startServer } from "./helpers/server.ts";

/** Runs `deno task load` as a program; `until` is printed before it is interrupted. */
async function run(
  args: string[],
  interruptAfter?: RegExp,
): Promise<{ code: number; out: string; told: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--allow-net",
      "--allow-read",
      "--allow-env=API_TOKEN",
      "scripts/load.ts",
      ...args,
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let told = "";
  let interrupted = false;
  const reading = (async () => {
    for await (
      const text of child.stderr.pipeThrough(new TextDecoderStream())
    ) {
      told += text;
      if (interrupted || !interruptAfter?.test(told)) continue;
      interrupted = true;
      child.kill("SIGINT");
    }
  })();
  const out = await new Response(child.stdout).text();
  await reading;
  return { code: (await child.status).code, out, told };
}

Deno.test("deno task load loads a file, tells what was refused, and can be left", async () => {
  const folder = await Deno.makeTempDir({ prefix: "loophound-load-" });
  try {
    const small = `${folder}/small.csv`;
    await Deno.writeTextFile(small, "A,1\nB,2\nC,what\n");
    const large = `${folder}/large.csv`;
    await Deno.writeTextFile(
      large,
      Array.from({ length: 400_000 }, (_, i) => `ROW${i},1\n`).join(""),
    );
    await using server = await startServer({
      env: {
        DATA_DIR: `${folder}/data`,
        ALLOWED_ROOTS: folder,
        SAMPLE_DATA: "off",
      },
    });
    const at = ["--server", server.url];

    const loaded = await run(["descartes", small, "part=tpm", ...at]);
    equal(loaded.code, 0, loaded.told);
    match(loaded.told, /uploading, 100 %.*\nJob [0-9a-f-]{36}\n/s);
    match(loaded.out, /^Loaded descartes in /);
    match(loaded.out, /3 rows of 15 B: 2 accepted, 1 rejected/);
    match(loaded.out, /line 3, column \d+: C,what/);

    const checked = await run([
      "descartes",
      small,
      "part=tpm",
      "--by-path",
      "--dry-run",
      ...at,
    ]);
    equal(checked.code, 0, checked.told);
    match(checked.out, /^Checked descartes/);

    const refused = await run(["descartes", small, "part=none", ...at]);
    equal(refused.code, 1);
    match(refused.told, /part: /);

    const left = await run(
      ["descartes", large, "part=tpm", ...at],
      /Job [0-9a-f-]{36}\n.+/s,
    );
    equal(left.code, 130, left.told);
    const id = /The load goes on.*--follow ([0-9a-f-]{36})/s.exec(
      left.told,
    )![1]!;
    const cancelled = await run(
      ["--follow", id, "--cancel-on-interrupt", ...at],
      /\n/,
    );
    equal(cancelled.code, 1, cancelled.told);
    match(cancelled.out, /The load of descartes was cancelled/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
