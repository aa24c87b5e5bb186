/**
 * Whether a permission is granted. Asks nobody: a prompt would hang a program
 * that only wants to be watched.
 *
 * @param permission A `Deno.PermissionDescriptor`, or one that only newer
 * versions of Deno know.
 * @returns False also where the host has no permissions to ask for.
 */
export function isGranted(permission: object): boolean {
  try {
    return Deno.permissions.querySync(
      permission as Deno.PermissionDescriptor,
    ).state === "granted";
  } catch {
    return false;
  }
}
