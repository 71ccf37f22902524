import { Buffer } from "node:buffer";

/** One G.711 stream, to which nobody listens: practice is about signalling, and no media is sent. */
export function describeSession(address: string): Buffer {
  const family = address.includes(":") ? "IP6" : "IP4";
  return Buffer.from(
    [
      "v=0",
      `o=practice 1 1 IN ${family} ${address}`,
      "s=practice",
      `c=IN ${family} ${address}`,
      "t=0 0",
      "m=audio 40000 RTP/AVP 8 0",
      "a=inactive",
      "",
    ].join("\r\n"),
  );
}

export const sessionDescriptionType = ["Content-Type", "application/sdp"] as const;
