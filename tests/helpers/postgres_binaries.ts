async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

/**
 * The folder with `initdb`, `pg_ctl` and `createdb`: `PG_BIN` if set, else the
 * newest of Debian's versions, else what is on the PATH.
 *
 * @throws {Error} There is none; says where it was sought.
 */
export async function pathsWithBinaries(): Promise<string> {
  const sought: string[] = [];
  const given = Deno.env.get("PG_BIN");
  if (given !== undefined) sought.push(given);
  try {
    const versions: number[] = [];
    for await (const entry of Deno.readDir("/usr/lib/postgresql")) {
      versions.push(Number(entry.name));
    }
    versions.sort((a, b) => b - a);
    sought.push(
      ...versions.map((version) => `/usr/lib/postgresql/${version}/bin`),
    );
  } catch {
    sought.push("/usr/lib/postgresql/*/bin");
  }
  sought.push(...(Deno.env.get("PATH") ?? "").split(":").filter(Boolean));
  for (const folder of sought) {
    if (await exists(`${folder}/initdb`)) return folder;
  }
  throw new Error(
    `Cannot find PostgreSQL's initdb in ${
      sought.join(", ")
    }: install the package "postgresql" or set PG_BIN`,
  );
}
