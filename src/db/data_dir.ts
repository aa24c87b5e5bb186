import { join } from "node:path";
import { DataDirLockedError, DataDirVersionError } from "./errors.ts";

/** Major version of the PostgreSQL inside the embedded engine. */
export const embeddedMajor = "18";

/** The data folder, held by this isolate alone. */
export interface DataDir {
  /** Folder of the embedded database. */
  readonly database: string;
  /** The last holder ended without giving the folder back: it was killed. */
  readonly unclean: boolean;
  /**
   * Gives the folder back.
   *
   * @param clean The database was closed in order.
   */
  release(clean: boolean): Promise<void>;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await Deno.readTextFile(path)).trim();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * Takes the data folder for this isolate, by an exclusive lock on the file
 * `lock` in it. The lock belongs to the open file, so that two isolates of one
 * process exclude each other too, and the system drops it when the process
 * dies. While held the file says the process id; after a clean end it is
 * empty.
 *
 * @throws {DataDirLockedError} Another process or isolate holds it.
 * @throws {DataDirVersionError} The database in it is of another version.
 */
export async function openDataDir(dataDir: string): Promise<DataDir> {
  await Deno.mkdir(dataDir, { recursive: true });
  const path = join(dataDir, "lock");
  const file = await Deno.open(path, {
    read: true,
    write: true,
    create: true,
  });
  try {
    const locked = await file.tryLock(true);
    const pid = await textOf(path);
    if (!locked) {
      throw new DataDirLockedError(dataDir, pid ? Number(pid) : undefined);
    }
    const database = join(dataDir, "pglite");
    const found = await textOf(join(database, "PG_VERSION"));
    if (found !== undefined && found !== embeddedMajor) {
      throw new DataDirVersionError(database, {
        found,
        expected: embeddedMajor,
      });
    }
    await file.truncate(0);
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return {
      database,
      unclean: pid !== undefined && pid !== "",
      async release(clean) {
        if (clean) await file.truncate(0);
        file.close();
      },
    };
  } catch (error) {
    file.close();
    throw error;
  }
}
