/**
 * The session descriptions of test calls (RFC 8866, RFC 3264): enough for a PBX to put the call through.
 */

/** RFC 3264 §5.1: the address that asks for no media to be sent. Nobody would listen to it. */
const address = "0.0.0.0";
const port = 9;
const offered = "8 0";

/** An offer of G.711. `marker` tells the call where the PBX hands the description on as it is. */
export function createOffer(marker: string): Buffer {
  return describe(marker, [
    `m=audio ${port} RTP/AVP ${offered}`,
    "a=rtpmap:8 PCMA/8000",
    "a=rtpmap:0 PCMU/8000",
  ]);
}

/** RFC 3264 §6: an answer to that offer, or an offer where there was none. The first audio stream alone is taken. */
export function createAnswer(offer: Buffer, marker: string): Buffer {
  const media = offer
    .toString("latin1")
    .split(/\r?\n/)
    .filter((line) => line.startsWith("m="));
  if (media.length === 0) return createOffer(marker);
  const audio = media.findIndex((line) => line.startsWith("m=audio "));
  return describe(
    marker,
    media.map((line, index) => {
      const [kind = "", , protocol = "", first = "0"] = line.split(" ");
      return `${kind} ${index === audio ? port : 0} ${protocol} ${first}`;
    }),
  );
}

function describe(marker: string, media: readonly string[]): Buffer {
  const lines = ["v=0", `o=divert ${marker} 1 IN IP4 ${address}`, "s=-", `c=IN IP4 ${address}`, "t=0 0"];
  return Buffer.from([...lines, ...media, ""].join("\r\n"), "latin1");
}
