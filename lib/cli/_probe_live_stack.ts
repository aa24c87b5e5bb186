import inspector from "node:inspector";
import {
  fails,
  type Finding,
  INSPECTOR,
  type Probe,
  within,
  works,
} from "./_probe.ts";

/** The way by which a watchdog reads the stack of a loop that never ends. */
export const liveStackProbe: Probe = {
  id: "live_stack",
  title: "stack of a loop that never ends (inspector port)",
  needs: [
    INSPECTOR,
    { name: "net", host: "127.0.0.1" },
  ],
  async run(): Promise<Finding> {
    const ownPort = inspector.url() === undefined;
    if (ownPort) inspector.open(0, "127.0.0.1");
    try {
      const url = inspector.url();
      if (!url) {
        return fails(
          "node:inspector opens no port here",
          "use Deno 2.9 or later",
        );
      }
      const answer = await within(5_000, "the inspector's answer", ask(url));
      return answer === 42
        ? works("a debugger on loopback reaches this program")
        : fails(`the debugger answered ${answer}`);
    } finally {
      if (ownPort) inspector.close();
    }
  },
};

/** Asks the program something by way of its debugger. */
async function ask(url: string): Promise<unknown> {
  const socket = new WebSocket(url);
  try {
    return await new Promise((resolve, reject) => {
      socket.onopen = () =>
        socket.send(JSON.stringify({
          id: 1,
          method: "Runtime.evaluate",
          params: { expression: "6 * 7" },
        }));
      socket.onerror = () => reject(new Error("The inspector refuses"));
      socket.onmessage = ({ data }) => {
        const { id, result } = JSON.parse(data);
        if (id === 1) resolve(result?.result?.value);
      };
    });
  } finally {
    const closed = new Promise((done) =>
      socket.addEventListener("close", done)
    );
    socket.close();
    await within(2_000, "closing the debugger", closed).catch(() => {});
  }
}
