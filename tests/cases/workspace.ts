/** The folder that cases work in, and the files that they read. */

/** Makes the folder; disposing of it removes it. */
export async function openWorkspace(): Promise<
  AsyncDisposable & { folder: string }
> {
  const folder = await Deno.makeTempDir({ prefix: "loophound-cases-" });
  await Deno.writeTextFile(`${folder}/small.txt`, "a few words\n");
  for (
    const [name, size] of [
      ["blank.bin", 64_000_000],
      ["written_before.bin", 8_000_000],
    ] as const
  ) {
    using file = await Deno.open(`${folder}/${name}`, {
      create: true,
      write: true,
    });
    // Takes no room on the disk.
    await file.truncate(size);
  }
  await Deno.mkdir(`${folder}/many`);
  // deno-lint-ignore loophound/no-unbounded-fan-out -- 3,000, in a test's folder
  await Promise.all(
    Array.from(
      { length: 3_000 },
      (_, i) => Deno.writeTextFile(`${folder}/many/${i}.txt`, `${i}\n`),
    ),
  );
  return {
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}
