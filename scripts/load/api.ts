import type { JobRecord } from "../../src/jobs/types.ts";
import { UsageError } from "./arguments.ts";

/** The server did not do what it was asked, or is not there. */
export class ServerError extends Error {
  override readonly name = "ServerError";
}

/** Requests to a Loophound server. */
export interface Api {
  readonly server: URL;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** @throws {ServerError} With what the server says of it. */
  json<T>(path: string, init?: RequestInit): Promise<T>;
}

/** A source, as `/api/sources` tells it. */
export interface KnownSource {
  name: string;
  kind: string;
  formats: string[];
}

/** What a problem document says, for people. */
export async function explain(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail, errors = [] } = JSON.parse(text);
    // One field at fault is what the detail says.
    const fields = errors.length < 2 ? [] : errors.map((
      { field, detail }: { field: string; detail: string },
    ) => `\n  ${field}: ${detail}`);
    return `${detail}${fields.join("")}`;
  } catch {
    return `${response.status} ${text.slice(0, 200)}`;
  }
}

/** Opens the API of a server. Nothing is asked yet. */
export function openApi(
  options: { server: URL; token: string | undefined },
): Api {
  const { server, token } = options;
  const api: Api = {
    server,
    fetch(path, init = {}) {
      const headers = new Headers(init.headers);
      if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
      return fetch(new URL(path, server), { ...init, headers });
    },
    async json<T>(path: string, init?: RequestInit) {
      const response = await api.fetch(path, init);
      if (!response.ok) throw new ServerError(await explain(response));
      return await response.json() as T;
    },
  };
  return api;
}

/**
 * Makes sure that a server is there and has the source: before a large file
 * is sent to it.
 *
 * @throws {ServerError} No server answers.
 * @throws {UsageError} It has no such source.
 */
export async function findSource(
  api: Api,
  name: string,
): Promise<KnownSource> {
  let data: KnownSource[];
  try {
    ({ data } = await api.json<{ data: KnownSource[] }>("/api/sources", {
      signal: AbortSignal.timeout(30_000),
    }));
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw new ServerError(
      `No server answers at ${api.server.origin}: start one with "deno task serve", or name another with --server`,
      { cause: error },
    );
  }
  const found = data.find((source) => source.name === name);
  if (found === undefined) {
    throw new UsageError(
      `There is no source "${name}"; there are ${
        data.map((source) => source.name).join(", ")
      }`,
    );
  }
  return found;
}

/** Cancels a job; answers its record. */
export async function cancelJob(api: Api, id: string): Promise<JobRecord> {
  return await api.json(`/api/jobs/${id}`, { method: "DELETE" });
}
