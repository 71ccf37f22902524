/** What is heard in RTP: G.711 brought back to samples, and how much of it is one tone. */

export const samplesPerSecond = 8000;

/** The audio of RTP packets one after the other (RFC 3550 §5.1); undefined where one is none, or no G.711. */
export function readAudio(packets: readonly Buffer[]): readonly number[] | undefined {
  const samples: number[] = [];
  for (const packet of packets) {
    const headOctets = 12 + ((packet[0] ?? 0) & 15) * 4;
    const decode = decoders.get((packet[1] ?? 0) & 127);
    if ((packet[0] ?? 0) >> 6 !== 2 || decode === undefined) return undefined;
    for (const octet of packet.subarray(headOctets)) samples.push(decode(octet));
  }
  return samples;
}

/** How much of the power is at that frequency, from 0 to 1, by Goertzel's algorithm. */
export function shareOf(frequencyHz: number, samples: readonly number[]): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * frequencyHz) / samplesPerSecond);
  let [last, beforeLast, power] = [0, 0, 0];
  for (const sample of samples) {
    [last, beforeLast] = [sample + coefficient * last - beforeLast, last];
    power += sample * sample;
  }
  const atFrequency = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return power === 0 ? 0 : (2 * atFrequency) / (samples.length * power);
}

/** ITU-T G.711, µ-law: payload type 0. */
function decodePcmu(octet: number): number {
  const inverted = ~octet & 0xff;
  const magnitude = ((((inverted & 0x0f) << 3) + 0x84) << ((inverted >> 4) & 7)) - 0x84;
  return inverted & 0x80 ? -magnitude : magnitude;
}

/** ITU-T G.711, A-law: payload type 8. */
function decodePcma(octet: number): number {
  const toggled = octet ^ 0x55;
  const segment = (toggled >> 4) & 7;
  const step = ((toggled & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? step : (step + 0x100) << (segment - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

const decoders = new Map([
  [0, decodePcmu],
  [8, decodePcma],
]);
