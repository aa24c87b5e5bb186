import { setImmediate } from "node:timers";
import { type Lane, lanes } from "./_pglite_protocol.ts";

/** One turn that waits for the engine. */
export interface Turn {
  lane: Lane;
  client: number;
  id: number;
  session: number | undefined;
  /** Runs to its end without giving the thread back. */
  run(): void;
  fail(error: Error): void;
}

/** Turns of higher lanes after which a lower one that waits gets its own. */
const patience = 200;
/**
 * Milliseconds of turns on end after which the loop gets time for whatever is
 * neither a turn nor a client's message.
 */
const breathMs = 50;
/** Quiet milliseconds before an idle turn. */
const quietMs = 250;

/**
 * Decides which turn is next: the session's while there is one, else the
 * first of the highest lane.
 *
 * Before each turn it asks for what has come in meanwhile: the loop alone
 * delivers messages too late, up to 29 turns when turns follow each other by
 * `setImmediate`.
 */
export class TurnQueue {
  readonly #receive: () => void;
  readonly #waiting = new Map<Lane, Turn[]>(lanes.map((lane) => [lane, []]));
  #ofSession: Turn[] = [];
  #session: { client: number; id: number } | undefined;
  #scheduled = false;
  #overtaken = 0;
  #lastBusy = 0;
  #idleTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #breathed = 0;

  /** @param receive Takes in what waits: calls {@linkcode push} with it. */
  constructor(receive: () => void = () => {}) {
    this.#receive = receive;
  }

  push(turn: Turn): void {
    if (turn.session !== undefined && this.#owns(turn.client, turn.session)) {
      this.#ofSession.push(turn);
    } else {
      this.#waiting.get(turn.lane)!.push(turn);
    }
    this.#schedule();
  }

  /** From now on only this session's turns run. */
  openSession(client: number, id: number): void {
    this.#session = { client, id };
  }

  /** Others may run again; what still waits in the session fails. */
  closeSession(error: Error): void {
    const left = this.#ofSession;
    this.#ofSession = [];
    this.#session = undefined;
    for (const turn of left) turn.fail(error);
    this.#schedule();
  }

  /** Takes away the turns that match, without a word to them. */
  remove(matches: (turn: Turn) => boolean): void {
    for (const [lane, turns] of this.#waiting) {
      this.#waiting.set(lane, turns.filter((turn) => !matches(turn)));
    }
    this.#ofSession = this.#ofSession.filter((turn) => !matches(turn));
  }

  close(error: Error): void {
    this.#closed = true;
    clearTimeout(this.#idleTimer);
    const left = [...this.#ofSession, ...[...this.#waiting.values()].flat()];
    this.remove(() => true);
    for (const turn of left) turn.fail(error);
  }

  #owns(client: number, session: number): boolean {
    return this.#session?.client === client && this.#session.id === session;
  }

  #schedule(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    const go = (): void => {
      this.#receive();
      this.#scheduled = false;
      const turn = this.#closed ? undefined : this.#next();
      if (turn === undefined) return;
      turn.run();
      if (turn.lane !== "idle") this.#lastBusy = performance.now();
      this.#schedule();
    };
    const now = performance.now();
    if (now - this.#lastBusy > breathMs || this.#breathed === 0) {
      this.#breathed = now;
    }
    if (now - this.#breathed < breathMs) {
      setImmediate(go);
    } else {
      this.#breathed = now;
      setTimeout(go, 0);
    }
  }

  #next(): Turn | undefined {
    if (this.#session !== undefined) return this.#ofSession.shift();
    const ready = lanes.filter((lane) =>
      lane !== "idle" && this.#waiting.get(lane)!.length > 0
    );
    if (ready.length > 1 && ++this.#overtaken >= patience) {
      this.#overtaken = 0;
      return this.#waiting.get(ready.at(-1)!)!.shift();
    }
    if (ready.length === 1) this.#overtaken = 0;
    if (ready.length > 0) return this.#waiting.get(ready[0]!)!.shift();
    return this.#nextIdle();
  }

  #nextIdle(): Turn | undefined {
    const idle = this.#waiting.get("idle")!;
    if (idle.length === 0) return undefined;
    const quiet = performance.now() - this.#lastBusy;
    if (quiet >= quietMs) return idle.shift();
    if (this.#idleTimer === undefined) {
      this.#idleTimer = setTimeout(() => {
        this.#idleTimer = undefined;
        this.#schedule();
      }, quietMs - quiet);
    }
    return undefined;
  }
}
