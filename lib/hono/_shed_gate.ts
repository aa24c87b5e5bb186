import { Hysteresis } from "./_hysteresis.ts";

/** How early a request is turned away; `never`: not at all. */
export type ShedPriority = "low" | "normal" | "high" | "never";

/** Limits of one figure: over `high` it is too much, under `low` again fine. */
export interface ShedLimits {
  high: number;
  low: number;
}

/** What is over its limit. */
export type ShedCause = "lag" | "in_flight";

/** A change of state. */
export interface GateChange {
  priority: Exclude<ShedPriority, "never">;
  on: boolean;
  /** Null when it went off. */
  cause: ShedCause | null;
  lagMs: number;
  inFlight: number;
}

/** Priorities, first to go first, with the factor on all limits. */
const CLASSES = [
  { priority: "low", factor: 0.5 },
  { priority: "normal", factor: 1 },
  { priority: "high", factor: 2 },
] as const;

interface GateClass {
  readonly priority: Exclude<ShedPriority, "never">;
  readonly lag: Hysteresis;
  readonly inFlight: Hysteresis;
  on: boolean;
}

/** Decides who gets in, by lag and requests in flight. */
export class ShedGate {
  readonly #classes: GateClass[];
  readonly #onChange: (change: GateChange) => void;
  /** No class can be on with fewer in flight than this. */
  readonly leastInFlight: number;
  /** Whether some class is on. */
  active = false;

  constructor(
    { lagMs, inFlight, holdMs, onChange }: {
      lagMs: ShedLimits;
      inFlight: ShedLimits;
      holdMs: number;
      onChange: (change: GateChange) => void;
    },
  ) {
    const scaled = ({ high, low }: ShedLimits, factor: number) =>
      new Hysteresis({ high: high * factor, low: low * factor, holdMs });
    this.#classes = CLASSES.map(({ priority, factor }) => ({
      priority,
      lag: scaled(lagMs, factor),
      inFlight: scaled(inFlight, factor),
      on: false,
    }));
    this.leastInFlight = inFlight.high * CLASSES[0].factor;
    this.#onChange = onChange;
  }

  /** Takes new figures. @param now Milliseconds that never go back. */
  update(lagMs: number, inFlight: number, now: number): void {
    let active = false;
    for (const it of this.#classes) {
      const late = it.lag.update(lagMs, now);
      const full = it.inFlight.update(inFlight, now);
      const on = late || full;
      active ||= on;
      if (on === it.on) continue;
      it.on = on;
      this.#onChange({
        priority: it.priority,
        on,
        cause: !on ? null : late ? "lag" : "in_flight",
        lagMs,
        inFlight,
      });
    }
    this.active = active;
  }

  /** The priorities that are turned away now. */
  shedding(): Exclude<ShedPriority, "never">[] {
    return this.#classes.filter((it) => it.on).map((it) => it.priority);
  }

  /** Whether such a request is turned away now. */
  sheds(priority: ShedPriority): boolean {
    return this.#classes.some((it) => it.on && it.priority === priority);
  }
}
