import { testRule } from "./_test_lint.ts";

const inTry = (handler: string, call = "await fetch(url, { signal });") =>
  `export async function f(url, signal, log, x) { try { ${call} } ${handler} }`;

testRule("no-swallowed-abort", {
  reported: {
    "an empty catch": [inTry("catch {}"), "fetch"],
    "a comment": [inTry("catch { /* never mind */ }"), "fetch"],
    "a log": [
      inTry("catch (error) { console.warn('no answer', error); }"),
      "fetch",
    ],
    "a logger": [
      inTry("catch (error) { log.error(`no answer: ${error}`); }"),
      "fetch",
    ],
    "an answer in its place": [inTry("catch { return null; }"), "fetch"],
    "a signal as an argument": [
      inTry("catch {}", "const x = await load(url, signal);"),
      "load",
    ],
    "a signal of the options": [
      `export async function f(options) { try { await load({ signal: options.signal }); } catch { return false; } }`,
      "load",
    ],
    "a request's signal": [
      `app.get("/a", async (c) => { try { return await load(c.req.raw.signal); } catch { return c.json(null); } });`,
      "load",
    ],
    "a signal joined with a time limit": [
      inTry(
        "catch {}",
        "await load({ signal: AbortSignal.any([signal, AbortSignal.timeout(9)]) });",
      ),
      "load",
    ],
    "for await": [
      inTry("catch {}", "for await (const x of read(url, { signal })) g(x);"),
      "read",
    ],
    "a loop that goes on": [
      `export async function f(urls, signal) { for (const url of urls) { try { await load(url, signal); } catch { continue; } } }`,
      "load",
    ],
    ".catch with an empty function": [
      `export async function f(url, signal) { await fetch(url, { signal }).catch(() => {}); }`,
      "fetch",
    ],
    ".catch with an answer": [
      `export const f = (url, signal) => fetch(url, { signal }).then((r) => r.json()).catch(() => null);`,
      "fetch",
    ],
  },
  innocent: {
    "throwing on": inTry(
      "catch (error) { throw new Error('x', { cause: error }); }",
    ),
    "throwing on some": inTry(
      "catch (error) { if (!(error instanceof TypeError)) throw error; }",
    ),
    "asking for the abort": inTry(
      "catch (error) { if (error.name !== 'AbortError') log.warn(error); }",
    ),
    "asking the signal":
      inTry("catch { if (!signal.aborted) log.warn('x'); }") +
      inTry("catch { signal.throwIfAborted(); }"),
    "asking the signal afterwards":
      `export async function f(url, signal) { try { await fetch(url, { signal }); } catch {} signal.throwIfAborted(); }`,
    "a loop that asks the signal":
      `export async function f(url, signal) { while (!signal.aborted) { try { await fetch(url, { signal }); } catch {} } }`,
    "handing the error on": inTry("catch (error) { errors.push(error); }") +
      inTry("catch (error) { return { error }; }") +
      inTry("catch (e) { reject(e); }"),
    "a time limit of its own":
      `export async function f(url) { try { await fetch(url, { signal: AbortSignal.timeout(9) }); } catch { return false; } }`,
    "a time limit in a variable":
      `export async function f(url) { const signal = AbortSignal.timeout(9); try { await fetch(url, { signal }); } catch { return false; } }`,
    "a controller of its own":
      `export async function f(url) { const stop = new AbortController(); try { await fetch(url, { signal: stop.signal }); } catch { return false; } }`,
    "no signal": inTry("catch {}", "await fetch(url);") +
      inTry("catch {}", "await load(url, { signal: undefined });"),
    "what is not awaited": inTry(
      "catch {}",
      "start(url, signal); run(async () => { await fetch(url, { signal }); });",
    ),
    "an inner catch that throws on": inTry(
      "catch {}",
      "try { await fetch(url, { signal }); } catch (error) { throw error; }",
    ),
    "finally alone": inTry("finally { x(); }"),
    "the end of the process": inTry("catch { Deno.exit(1); }"),
    ".catch that hands on":
      `export const f = (url, signal) => fetch(url, { signal }).catch((error) => fail(error));`,
    ".catch of what has no signal":
      `export const f = (url) => fetch(url).catch(() => null);`,
  },
});
