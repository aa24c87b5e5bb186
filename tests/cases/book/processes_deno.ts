/** Child processes by Deno's own API, and a server without Hono. */
import { Hono } from "hono";
import { block, type Case } from "../case.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/processes/command", (c) => {
  const command = new Deno.Command("sleep", { args: ["0.1"] });
  const { code } = command.outputSync(); // culprit: deno_command
  return c.json({ code });
});

app.get("/processes/command-later", async (c) => {
  await pause(2);
  const { code } = new Deno.Command("sleep", { args: ["0.1"] }).outputSync(); // culprit: deno_command_after_await
  return c.json({ code });
});

/** A server beside the monitored app: nobody gave it the middleware. */
async function askBareServer(): Promise<void> {
  await using server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: () => {},
  }, function answer() {
    let sum = 0;
    for (let i = 0; i < 20_000_000; i++) { // culprit: bare_server
      sum = (sum * 31 + i) % 1_000_003; // culprit: bare_server
    }
    return new Response(String(sum));
  });
  const { port } = server.addr as Deno.NetAddr;
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  await answer.text();
}

export const cases: readonly Case[] = [
  block("deno_command", {
    title: "Command#outputSync",
    kind: "child process",
    where: "first stretch",
    request: "GET /processes/command",
    function: null,
    cause: "parked",
    api: "Deno.Command.prototype.outputSync",
    blockMs: 105,
  }),
  block("deno_command_after_await", {
    title: "Command#outputSync after an await",
    kind: "child process",
    where: "after an await",
    request: "GET /processes/command-later",
    function: null,
    cause: "parked",
    api: "Deno.Command.prototype.outputSync",
    blockMs: 105,
  }),
  block("bare_server", {
    title: "a handler of Deno.serve that nobody monitors",
    kind: "cpu loop",
    where: "event callback",
    start: askBareServer,
    function: "answer",
    cause: "cpu",
    api: null,
    blockMs: 140,
  }),
];
