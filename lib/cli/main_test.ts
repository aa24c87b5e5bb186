import assert from "node:assert/strict";
import { runCli } from "./main.ts";

/** Runs the command here. */
async function cli(...args: string[]) {
  let out = "";
  let err = "";
  const code = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

/** Runs the command in a process of its own, with the permissions given. */
async function process(flags: string[], ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...flags, "main.ts", ...args],
    cwd: new URL(".", import.meta.url),
    stdin: "null",
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("runCli() says what there is", async () => {
  const asked = await cli("--help");
  assert.equal(asked.code, 0);
  for (const name of ["doctor", "scan", "apis"]) {
    assert.match(asked.out, new RegExp(`^  ${name} `, "m"));
  }
  assert.deepEqual(await cli("help"), asked);
  // Without a command it is a mistake, and goes where mistakes go.
  assert.deepEqual(await cli(), { code: 2, out: "", err: asked.out });
  assert.match((await cli("doctor", "--help")).out, /--require/);
  assert.match((await cli("apis", "-h")).out, /in_name_only/);
});

Deno.test("runCli() knows the version of its package", async () => {
  const config = JSON.parse(
    await Deno.readTextFile(new URL("../deno.json", import.meta.url)),
  );
  assert.deepEqual(await cli("--version"), {
    code: 0,
    out: `loophound ${config.version}\n`,
    err: "",
  });
});

Deno.test("runCli() refuses what it does not know, with a hint", async () => {
  const near = await cli("docter");
  assert.equal(near.code, 2);
  assert.match(near.err, /Unknown command "docter": did you mean "doctor"\?/);
  assert.match((await cli("sc")).err, /did you mean "scan"\?/);
  assert.match(
    (await cli("frobnicate")).err,
    /the commands are doctor, scan, apis/,
  );
  const option = await cli("apis", "--frobnicate");
  assert.equal(option.code, 2);
  assert.match(option.err, /See: loophound apis --help/);
  const words = await cli("apis", "a", "b");
  assert.equal(words.code, 2);
  const detector = await cli("doctor", "--require", "lag,frobnicate");
  assert.equal(detector.code, 2);
  assert.match(detector.err, /Cannot require "frobnicate": the detectors are /);
});

Deno.test("runCli() prints the list of blocking APIs", async () => {
  const { code, out } = await cli("apis", "GzipSync");
  assert.equal(code, 0);
  assert.match(out, /^node:zlib\.gzipSync {2}\(cpu, over [\d,]+ bytes\)\n {2}/);
  const entries = JSON.parse((await cli("apis", "parked", "--json")).out);
  assert.ok(entries.length > 0);
  assert.ok(entries.every((it: { kind: string }) => it.kind === "parked"));
  const none = await cli("apis", "frobnicate");
  assert.equal(none.code, 1);
  assert.equal(none.out, "");
});

interface Told {
  detectors: {
    id: string;
    status: string;
    found: string;
    fix: string | null;
  }[];
}

Deno.test("loophound doctor tries every detector", async () => {
  const { code, out, err } = await process(
    ["-A"],
    "doctor",
    "--json",
    "--require",
    "lag,threads,watchdog",
  );
  assert.equal(code, 0, err);
  const { detectors } = JSON.parse(out) as Told;
  const ids = detectors.map((it) => it.id);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(detectors.every((it) => it.found !== ""));
});

Deno.test("loophound doctor names missing permissions, and exits 1 only when asked to", async () => {
  const { code, out } = await process(["--no-prompt"], "doctor");
  assert.equal(code, 0);
  assert.match(out, /^works +lag /m);
  assert.match(out, /^ +→ run with --allow-sys$/m);
  assert.match(out, /^ +→ run with --allow-run --allow-read --allow-write$/m);
  const wanted = await process(
    ["--no-prompt"],
    "doctor",
    "--require=threads",
  );
  assert.equal(wanted.code, 1);
  assert.match(wanted.err, /^Required detector "threads" fails: /m);
});
