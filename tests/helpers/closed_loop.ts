/** What became of the requests of clients. */
export interface Tally {
  /** Requests that were answered, by status. */
  answered: Record<number, number>;
  /** Requests that were sent and not answered to their end: what was seen. */
  lost: string[];
  /** Clients that got no connection any more. */
  refused: number;
}

const decoder = new TextDecoder();

/** The bytes of a request without a body. */
export function get(path: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
}

/** An answer as it came over a connection. */
export interface RawAnswer {
  status: number;
  /** The status line and the headers. */
  head: string;
  body: string;
}

/**
 * Reads one answer, of known length or in chunks.
 *
 * @throws {Error} The connection ended before it did; says what had come.
 */
export async function readAnswer(connection: Deno.Conn): Promise<RawAnswer> {
  const bytes = new Uint8Array(65_536);
  let text = "";
  for (;;) {
    const split = text.indexOf("\r\n\r\n");
    if (split >= 0) {
      const head = text.slice(0, split);
      const body = text.slice(split + 4);
      const length = /^content-length: (\d+)/mi.exec(head)?.[1];
      const whole = length === undefined
        ? body.endsWith("0\r\n\r\n")
        : new TextEncoder().encode(body).length >= Number(length);
      if (whole) return { status: Number(head.split(" ")[1]), head, body };
    }
    const count = await connection.read(bytes);
    if (count === null) throw new Error(`ended after "${text}"`);
    text += decoder.decode(bytes.subarray(0, count));
  }
}

/**
 * A client that asks again as soon as it is answered, on one connection until
 * an answer says that it is the last, until it gets no connection any more. It
 * sees on the socket itself what a client library would hide or repeat.
 */
export async function askOn(
  { port, paths, tally }: {
    port: number;
    /** Asked for in turn. */
    paths: readonly string[];
    tally: Tally;
  },
): Promise<void> {
  for (let asked = 0;;) {
    let connection: Deno.TcpConn;
    try {
      connection = await Deno.connect({ hostname: "127.0.0.1", port });
    } catch {
      tally.refused++;
      return;
    }
    let onThis = 0;
    try {
      for (;;) {
        await connection.write(get(paths[asked++ % paths.length]!));
        const { status, head } = await readAnswer(connection);
        tally.answered[status] = (tally.answered[status] ?? 0) + 1;
        onThis++;
        if (/^connection: close/mi.test(head)) break;
      }
    } catch (error) {
      tally.lost.push(
        `request ${onThis + 1} of a connection: ${
          error instanceof Error ? error.message : error
        }`,
      );
      return;
    } finally {
      connection.close();
    }
  }
}
