/** A small generator that a seed repeats exactly (mulberry32); below 2**32. */
export function seededNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** Pieces on which parsers of SIP have stumbled. */
const dictionary = [
  "\r\n",
  "\r\n\r\n",
  "\r\n ",
  "\n",
  "\r",
  "\0",
  '"',
  "\\",
  '\\"',
  "<",
  ">",
  ";",
  ";;",
  ",",
  ":",
  "::",
  "[",
  "]",
  "@",
  "%",
  "%00",
  "=",
  " ",
  "\t",
  "\xff",
  "\xc3\xa4",
  "-1",
  "4294967296",
  "9".repeat(40),
  "SIP/2.0",
  "sip:",
  "tel:",
  "Content-Length: 5\r\n",
  "l: 0\r\n",
  "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n",
  "To: <sip:x@y>\r\n",
].map((text) => Buffer.from(text, "latin1"));

/** A mutant of the seed: one to eight changes of bits, octets, slices and pieces of the dictionary, or a splice. */
export function mutate(seed: Buffer, other: Buffer, next: () => number): Buffer {
  let bytes = Buffer.from(seed);
  for (let changes = 1 + (next() % 8); changes > 0; changes--) {
    const place = next() % (bytes.length + 1);
    const length = next() % 40;
    switch (next() % 7) {
      case 0:
        if (place < bytes.length) bytes[place] = (bytes[place] ?? 0) ^ (1 << (next() % 8));
        break;
      case 1:
        if (place < bytes.length) bytes[place] = next() & 255;
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + length)]);
        break;
      case 3:
        bytes = Buffer.concat([
          bytes.subarray(0, place),
          bytes.subarray(place, place + length),
          bytes.subarray(place),
        ]);
        break;
      case 4:
      case 5: {
        const piece = dictionary[next() % dictionary.length] ?? bytes;
        bytes = Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place)]);
        break;
      }
      default:
        bytes = Buffer.concat([bytes.subarray(0, place), other.subarray(next() % (other.length + 1))]);
    }
  }
  // Changes that copy slices must not let a mutant grow without end.
  return bytes.subarray(0, 70_000);
}
