/**
 * Makes the folder for uploads, and tries whether it can be written to.
 *
 * @returns Why uploads must be refused; undefined: they need not be.
 */
export async function prepareSpool(
  folder: string,
): Promise<string | undefined> {
  try {
    await Deno.mkdir(folder, { recursive: true });
    const probe = `${folder}/.probe-${crypto.randomUUID()}`;
    await Deno.writeFile(probe, new Uint8Array());
    await Deno.remove(probe);
  } catch (error) {
    return `Uploads are refused: cannot write to ${folder} (${
      error instanceof Error ? error.message : error
    }); set DATA_DIR to a folder that can be written to`;
  }
}
