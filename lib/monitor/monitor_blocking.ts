import type { LoopMonitor, MeasureOptions } from "./types.ts";

/**
 * What {@linkcode monitorBlocking} gives: takes a function and returns the
 * monitored one, as a plain wrapper or as a method decorator.
 */
export interface BlockingDecorator<Args extends unknown[]> {
  <This, A extends Args, R>(
    fn: (this: This, ...args: A) => R,
    context?: { readonly kind: "method"; readonly name: string | symbol },
  ): (this: This, ...args: A) => R;
}

/**
 * Watches a function: whenever one of its stretches holds the loop longer than
 * the monitor's threshold, a report names it, also when it throws. The time a
 * call spends awaiting never counts.
 *
 * Of monitored calls inside each other the outermost one reports, under its
 * own label; `function` in the report names the innermost one that had at
 * least half of the stretch. A call that goes on after the one around it has
 * ended reports for itself. What a returned generator or iterator does later
 * is not measured: wrap what its consumer calls.
 *
 * @param monitor The monitor to report to.
 * @param label Name in reports, or what makes it from the call's arguments.
 * @param options Trace id, end-of-call listener.
 * @returns A wrapper that keeps `this`, name and number of parameters.
 *
 * @example As a wrapper
 * ```ts
 * import { monitorBlocking, startLoopMonitor } from "@loophound/toolkit/monitor";
 *
 * using monitor = startLoopMonitor();
 * const parse = monitorBlocking(monitor, "parse")((text: string) =>
 *   JSON.parse(text)
 * );
 * parse("[1, 2, 3]");
 * ```
 *
 * @example As a decorator
 * ```ts
 * import { monitorBlocking, startLoopMonitor } from "@loophound/toolkit/monitor";
 *
 * using monitor = startLoopMonitor();
 * class Report {
 *   @monitorBlocking(monitor, (kind: string) => `render ${kind}`)
 *   render(kind: string): string {
 *     return kind.toUpperCase();
 *   }
 * }
 * new Report().render("summary");
 * ```
 */
export function monitorBlocking<
  // deno-lint-ignore no-explicit-any -- a fixed label suits functions of any parameters
  Args extends unknown[] = any[],
>(
  monitor: LoopMonitor,
  label: string | ((...args: Args) => string),
  options: Omit<MeasureOptions, "function"> & { function?: string } = {},
): BlockingDecorator<Args> {
  return (fn, context) => {
    const name = options.function ??
      (context === undefined ? fn.name : String(context.name));
    const measure: MeasureOptions = {
      ...options,
      function: name === "" ? null : name,
    };
    const monitored: typeof fn = function (...args) {
      return monitor.measure(
        typeof label === "string" ? label : () => label(...args),
        () => fn.apply(this, args),
        measure,
      );
    };
    // Frameworks tell middleware from handlers by the number of parameters.
    Object.defineProperties(monitored, {
      name: { value: fn.name, configurable: true },
      length: { value: fn.length, configurable: true },
    });
    return monitored;
  };
}
