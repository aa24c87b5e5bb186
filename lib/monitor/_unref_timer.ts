/**
 * Lets the process end although a timer runs. In the packed toolkit, under
 * `node_modules`, timers are Node's objects.
 */
export function unrefTimer(timer: unknown): void {
  if (typeof timer === "number") Deno.unrefTimer(timer);
  else (timer as { unref?: () => void }).unref?.();
}
