import { getLogger } from "@logtape/logtape";
import { join } from "node:path";

const logger = getLogger(["loophound", "jobs"]);

const idPattern = /^[0-9a-f-]{36}$/;
const fileName = "host_id";

async function read(path: string): Promise<string | undefined> {
  try {
    const id = (await Deno.readTextFile(path)).trim();
    return idPattern.test(id) ? id : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/**
 * The id of whoever can read the files in this folder, kept in the folder
 * itself: servers that share the folder share the id, and a container that
 * comes back with its volume under another host name keeps it. So a copy of
 * the folder used by a second server of the same database needs its
 * `host_id` deleted.
 *
 * Without a writable folder the id lasts as long as the process.
 */
export async function hostId(folder: string): Promise<string> {
  const path = join(folder, fileName);
  const fresh = crypto.randomUUID();
  try {
    const known = await read(path);
    if (known !== undefined) return known;
    // A link appears whole or not at all: who loses the race reads the other's.
    const draft = join(folder, `${fileName}.${fresh}`);
    await Deno.writeTextFile(draft, `${fresh}\n`);
    try {
      await Deno.link(draft, path);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    } finally {
      await Deno.remove(draft);
    }
    return await read(path) ?? fresh;
  } catch (error) {
    logger.warning(
      "Cannot keep the host id in {path}: jobs with files will not outlive this process: {error}",
      { path, error },
    );
    return fresh;
  }
}
