/** Callbacks of events, channels and signals. */
import { EventEmitter } from "node:events";
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

class Catalogue extends EventTarget {
  size = 0;

  constructor() {
    super();
    this.addEventListener("change", () => this.#count());
  }

  #count(): void {
    for (let i = 0; i < 20_000_000; i++) { // culprit: event_target
      this.size = (this.size * 31 + i) % 1_000_003; // culprit: event_target
    }
  }
}
const catalogue = new Catalogue();
app.put("/events/target", (c) => {
  catalogue.dispatchEvent(new Event("change"));
  return c.text("changed");
});

const orders = new EventEmitter();
let turnover = 0;
orders.on("paid", function onPaid(amount: number) {
  for (let i = 0; i < 20_000_000; i++) { // culprit: event_emitter
    turnover = (turnover * 37 + amount + i) % 1_000_003; // culprit: event_emitter
  }
});
app.post("/events/emitter", async (c) => {
  await pause(2);
  orders.emit("paid", 12);
  return c.text("paid");
});

let received = 0;
/** A message comes in from elsewhere: no request is being served. */
function receiveMessage(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port2.onmessage = function onMessage(event: MessageEvent<number>) {
      for (let i = 0; i < 20_000_000; i++) { // culprit: event_message
        received = (received * 41 + event.data + i) % 1_000_003; // culprit: event_message
      }
      port1.close();
      port2.close();
      resolve();
    };
    port1.postMessage(3);
  });
}

let given = 0;
app.get("/events/abort", async (c) => {
  const controller = new AbortController();
  controller.signal.addEventListener("abort", function giveUp() {
    for (let i = 0; i < 20_000_000; i++) { // culprit: event_abort
      given = (given * 43 + i) % 1_000_003; // culprit: event_abort
    }
  });
  await pause(2);
  controller.abort();
  return c.text("given up", 499 as 408);
});

let retried = 0;
/** `AbortSignal.timeout` fires from a timer of the runtime's. */
function waitForDeadline(): Promise<void> {
  return new Promise((resolve) => {
    AbortSignal.timeout(20).addEventListener("abort", function onDeadline() {
      for (let i = 0; i < 20_000_000; i++) { // culprit: event_deadline
        retried = (retried * 47 + i) % 1_000_003; // culprit: event_deadline
      }
      resolve();
    });
  });
}

type Label = Parameters<typeof block>[1];
const event = (
  label: Pick<Label, "title" | "function"> & Partial<Label>,
): Label => ({
  kind: "cpu loop",
  where: "event callback",
  cause: "cpu",
  api: null,
  blockMs: 140,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "event_target",
    event({
      title: "a listener of an EventTarget, dispatched by a handler",
      request: "PUT /events/target",
      function: "count",
    }),
  ),
  block(
    "event_emitter",
    event({
      title: "a listener of an EventEmitter, after an await",
      request: "POST /events/emitter",
      function: "onPaid",
    }),
  ),
  block(
    "event_message",
    event({
      title: "a message from a MessageChannel",
      start: receiveMessage,
      function: "onMessage",
    }),
  ),
  block(
    "event_abort",
    event({
      title: "an abort listener, aborted by a handler",
      request: "GET /events/abort",
      function: "giveUp",
    }),
  ),
  block(
    "event_deadline",
    event({
      title: "an abort listener of AbortSignal.timeout",
      start: waitForDeadline,
      function: "onDeadline",
    }),
  ),
];
