// What the doctor's threads run.
import { openThreadPort } from "@loophound/toolkit/offload";

/** What the doctor asks of a thread. */
type Order =
  | { answer: true }
  | { busyMs: number }
  | { watch: SharedArrayBuffer };

const port = openThreadPort();

port.onMessage((message) => {
  const order = message as Order;
  port.post("here");
  if ("busyMs" in order) {
    // Long enough for the answer to leave.
    setTimeout(() => {
      const end = performance.now() + order.busyMs;
      while (performance.now() < end);
    }, 20);
  } else if ("watch" in order) {
    const shared = new Int32Array(order.watch);
    const timer = setInterval(() => {
      if (Atomics.load(shared, 0) === 0) return;
      Atomics.store(shared, 1, 1);
      clearInterval(timer);
    }, 2);
  }
});
