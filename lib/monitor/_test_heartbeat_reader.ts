// The thread of _heartbeat_test.ts: reads as fast as it can.
import { openThreadPort } from "@loophound/toolkit/offload";
import { Heartbeat } from "./_heartbeat.ts";

const READS = 100_000;

const port = openThreadPort();
port.onMessage((buffer) => {
  const heartbeat = new Heartbeat(buffer as SharedArrayBuffer);
  const torn: string[] = [];
  let backwards = 0;
  let last = 0;
  for (let i = 0; i < READS; i++) {
    const { label, beats } = heartbeat.read();
    if (beats < last) backwards++;
    last = beats;
    if (label === null || label === "(other)") continue;
    const [length, text] = label.split(":");
    if (text === undefined || text.length !== Number(length)) torn.push(label);
  }
  port.post({ torn: torn.slice(0, 5), backwards });
});
