import assert from "node:assert/strict";
import { join } from "node:path";
import { resolveAllowedPath } from "./allowed_path.ts";
import { ProblemError, type ProblemName } from "./errors.ts";

interface Places extends AsyncDisposable {
  /** Holds everything; itself no root. */
  base: string;
  root: string;
  outside: string;
}

/** `root/file.csv`, `root/sub/inner.csv`, `outside/secret.csv`. */
async function makePlaces(): Promise<Places> {
  const base = await Deno.realPath(
    await Deno.makeTempDir({ prefix: "loophound-path-" }),
  );
  const root = join(base, "root");
  const outside = join(base, "outside");
  await Deno.mkdir(join(root, "sub"), { recursive: true });
  await Deno.mkdir(outside);
  await Deno.writeTextFile(join(root, "file.csv"), "A,1\n");
  await Deno.writeTextFile(join(root, "sub", "inner.csv"), "A,1\n");
  await Deno.writeTextFile(join(outside, "secret.csv"), "A,1\n");
  return {
    base,
    root,
    outside,
    [Symbol.asyncDispose]: () => Deno.remove(base, { recursive: true }),
  };
}

async function refusal(
  path: string,
  options: Parameters<typeof resolveAllowedPath>[1],
): Promise<ProblemError> {
  try {
    const found = await resolveAllowedPath(path, options);
    throw new assert.AssertionError({ message: `${path} gave ${found}` });
  } catch (error) {
    if (error instanceof ProblemError) return error;
    throw error;
  }
}

async function refuses(
  path: string,
  problem: ProblemName,
  options: Parameters<typeof resolveAllowedPath>[1],
): Promise<void> {
  const error = await refusal(path, options);
  assert.equal(error.problem, problem, `${path}: ${error.message}`);
  assert.equal(error.errors?.[0]?.field, "path");
}

Deno.test("resolveAllowedPath() finds absolute and relative paths in each root", async () => {
  await using places = await makePlaces();
  const { root, outside, base } = places;
  const roots = [join(base, "not-there"), root, outside];
  for (
    const [path, real] of [
      [join(root, "file.csv"), join(root, "file.csv")],
      ["file.csv", join(root, "file.csv")],
      ["./sub/../file.csv", join(root, "file.csv")],
      ["sub/inner.csv", join(root, "sub", "inner.csv")],
      ["secret.csv", join(outside, "secret.csv")],
    ] as const
  ) {
    assert.equal(await resolveAllowedPath(path, { roots }), real);
  }
});

Deno.test("resolveAllowedPath() takes a root with a trailing slash and one that is a link", async () => {
  await using places = await makePlaces();
  const { root, base } = places;
  const link = join(base, "link");
  await Deno.symlink(root, link);
  for (const given of [`${root}/`, link, `${link}/`]) {
    const roots = [given];
    const real = join(root, "file.csv");
    assert.equal(await resolveAllowedPath("file.csv", { roots }), real);
    assert.equal(await resolveAllowedPath(real, { roots }), real);
    assert.equal(
      await resolveAllowedPath(join(link, "file.csv"), { roots }),
      real,
    );
    await refuses("no.csv", "file-not-found", { roots });
    await refuses(join(link, "no.csv"), "file-not-found", { roots: [link] });
  }
});

Deno.test("resolveAllowedPath() takes the root of the file system as a root", async () => {
  await using places = await makePlaces();
  const path = join(places.root, "file.csv");
  assert.equal(await resolveAllowedPath(path, { roots: ["/"] }), path);
});

Deno.test("resolveAllowedPath() refuses what leads out by ..", async () => {
  await using places = await makePlaces();
  const { root } = places;
  const options = { roots: [root] };
  for (
    const path of [
      "../outside/secret.csv",
      "sub/../../outside/secret.csv",
      `${root}/../outside/secret.csv`,
      "..",
      "/etc/passwd",
      "../outside/not-there.csv",
      "/not/there",
      // A folder whose name only begins like the root's.
      `${root}-other/file.csv`,
    ]
  ) {
    await refuses(path, "path-outside-roots", options);
  }
});

Deno.test("resolveAllowedPath() follows links and refuses those that lead out", async () => {
  await using places = await makePlaces();
  const { root, outside } = places;
  await Deno.symlink(join(root, "file.csv"), join(root, "in.csv"));
  await Deno.symlink(join(outside, "secret.csv"), join(root, "out.csv"));
  await Deno.symlink(join(outside, "not-there.csv"), join(root, "dead.csv"));
  await Deno.symlink(outside, join(root, "out"));
  await Deno.symlink(join(root, "loop.csv"), join(root, "loop.csv"));
  const options = { roots: [root] };
  assert.equal(
    await resolveAllowedPath("in.csv", options),
    join(root, "file.csv"),
  );
  for (
    const path of [
      "out.csv",
      "dead.csv",
      "out/secret.csv",
      "out/not-there.csv",
      "out/not/there.csv",
      "loop.csv",
    ]
  ) {
    await refuses(path, "path-outside-roots", options);
  }
});

Deno.test("resolveAllowedPath() answers alike whether a file outside exists or not", async () => {
  await using places = await makePlaces();
  const { root, outside } = places;
  await Deno.symlink(outside, join(root, "out"));
  const options = { roots: [root] };
  for (const folder of [`${outside}/`, "../outside/", "out/"]) {
    const there = await refusal(`${folder}secret.csv`, options);
    const missing = await refusal(`${folder}nothing.csv`, options);
    assert.equal(there.problem, missing.problem);
    assert.equal(
      there.message.replace("secret", "nothing"),
      missing.message,
    );
  }
});

Deno.test("resolveAllowedPath() says what is missing inside", async () => {
  await using places = await makePlaces();
  const options = { roots: [places.root] };
  await refuses("no.csv", "file-not-found", options);
  await refuses("sub/no/no.csv", "file-not-found", options);
  await refuses(join(places.root, "no.csv"), "file-not-found", options);
  // A file where a folder should be.
  await refuses("file.csv/x.csv", "file-not-found", options);
  await refuses("no.csv", "path-outside-roots", { roots: [] });
});

Deno.test("resolveAllowedPath() refuses what is no file", async () => {
  await using places = await makePlaces();
  const { root } = places;
  await new Deno.Command("mkfifo", { args: [join(root, "pipe")] }).output();
  const options = { roots: [root] };
  for (const path of ["", "a\0.csv", "x".repeat(5_000), "sub", "pipe", "."]) {
    await refuses(path, "invalid-parameter", options);
  }
});

Deno.test("resolveAllowedPath() finds folders when asked to", async () => {
  await using places = await makePlaces();
  const { root } = places;
  const options = { roots: [root], folder: true };
  assert.equal(await resolveAllowedPath("sub", options), join(root, "sub"));
  assert.equal(await resolveAllowedPath(root, options), root);
  await refuses("file.csv", "invalid-parameter", options);
});
