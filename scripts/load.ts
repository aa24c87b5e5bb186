/**
 * `deno task load <source> <file> [field=value …]`: loads a file into a
 * running server and shows how it goes.
 */
import { cancelJob, findSource, openApi, ServerError } from "./load/api.ts";
import {
  type Arguments,
  HELP,
  readArguments,
  UsageError,
} from "./load/arguments.ts";
import { beginLoad } from "./load/begin.ts";
import { followJob } from "./load/follow.ts";
import { createScreen, type Screen } from "./load/screen.ts";
import { summarize } from "./load/summary.ts";

const interrupted = 130;

/** The screen, and when all that it was told is written. */
function openScreen(): { screen: Screen; written: () => Promise<void> } {
  const encoder = new TextEncoder();
  let writing = Promise.resolve();
  const screen = createScreen({
    write(text) {
      const bytes = encoder.encode(text);
      writing = writing.then(async () => {
        for (let at = 0; at < bytes.length;) {
          at += await Deno.stderr.write(bytes.subarray(at));
        }
      }).catch(() => {});
    },
    columns: Deno.stderr.isTerminal()
      ? () => Deno.consoleSize().columns
      : undefined,
  });
  return { screen, written: () => writing };
}

async function run({ what, ...options }: Arguments): Promise<number> {
  const api = openApi(options);
  const { screen, written } = openScreen();
  const leave = new AbortController();
  let id = "follow" in what ? what.follow : undefined;
  let cancelling = false;
  const onInterrupt = () => {
    if (id === undefined || cancelling || !options.cancelOnInterrupt) {
      return leave.abort();
    }
    cancelling = true;
    screen.say("Cancelling the load; Ctrl-C again leaves at once");
    cancelJob(api, id).catch((error) =>
      screen.say(`Cannot cancel it: ${error.message}`)
    );
  };
  Deno.addSignalListener("SIGINT", onInterrupt);
  const { signal } = leave;
  try {
    if ("source" in what) {
      await findSource(api, what.source);
      const job = await beginLoad(api, what, {
        signal,
        onUpload: (state) => screen.show(state),
      });
      id = job.id;
      screen.say(`Job ${id}`);
    }
    const job = await followJob(api, id!, {
      signal,
      onProgress: (state) => screen.show(state),
      onConnection: (text) => screen.say(text),
    });
    screen.end();
    await written();
    console.log(summarize(job));
    return job.state === "succeeded" ? 0 : 1;
  } catch (error) {
    screen.end();
    await written();
    if (!signal.aborted) throw error;
    console.error(
      id === undefined
        ? "Broken off: nothing was loaded"
        : `The load goes on. Watch it with: deno task load --follow ${id}${
          options.server.origin === "http://127.0.0.1:8000"
            ? ""
            : ` --server ${options.server.origin}`
        }`,
    );
    return interrupted;
  } finally {
    Deno.removeSignalListener("SIGINT", onInterrupt);
  }
}

/** Runs the command; answers the exit code. */
async function main(args: string[]): Promise<number> {
  try {
    const read = readArguments(args, { token: Deno.env.get("API_TOKEN") });
    if (read !== undefined) return await run(read);
    console.log(HELP);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      console.error(`${error.message}\nSee deno task load --help`);
      return 2;
    }
    if (error instanceof ServerError) {
      console.error(error.message);
      return 1;
    }
    throw error;
  }
}

Deno.exit(await main(Deno.args));
