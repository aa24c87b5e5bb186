/** Whether an address (not a name to be resolved) is one of this machine's own. */
export function isLoopbackAddress(hostname: string): boolean {
  return hostname === "::1" || hostname === "localhost" ||
    /^127(\.\d{1,3}){3}$/.test(hostname);
}
