/** The ABNF character classes of RFC 3261 §25.1 as one table: a bit for each class, indexed by character code. */
const classes = new Uint8Array(256);

const tokenBit = 1;
const hostBit = 2;
const looseValueBit = 4;
const digitBit = 8;

const alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

function mark(characters: string, bit: number): void {
  for (let index = 0; index < characters.length; index++) {
    const code = characters.charCodeAt(index);
    classes[code] = (classes[code] ?? 0) | bit;
  }
}

mark(alphanumeric + "-.!%*_+`'~", tokenBit);
// An underscore is no host name character, yet machines are named with one.
mark(alphanumeric + "-._", hostBit);
mark("0123456789", digitBit);
for (let code = 0x21; code < 256; code++) {
  // gen-value as peers write it: all that does not end a value. An IPv6 address stands here without brackets as well.
  if (code !== 0x7f && !'",;<>'.includes(String.fromCharCode(code)))
    classes[code] = (classes[code] ?? 0) | looseValueBit;
}

/** A predicate over character codes; a code above 255 is in no class, nor is NaN (the end of the text). */
export type CharacterClass = (code: number) => boolean;

export const isTokenCharacter: CharacterClass = (code) => ((classes[code] ?? 0) & tokenBit) !== 0;
export const isHostCharacter: CharacterClass = (code) => ((classes[code] ?? 0) & hostBit) !== 0;
export const isLooseValueCharacter: CharacterClass = (code) => ((classes[code] ?? 0) & looseValueBit) !== 0;
export const isDigit: CharacterClass = (code) => ((classes[code] ?? 0) & digitBit) !== 0;

/** SP or HTAB. What was folded has become SP by then. */
export const isWhitespace: CharacterClass = (code) => code === 0x20 || code === 0x09;

/** RFC 3261 §25.1: token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~"). */
export function isToken(text: string): boolean {
  return text.length > 0 && all(text, isTokenCharacter);
}

export function all(text: string, belongs: CharacterClass): boolean {
  for (let index = 0; index < text.length; index++) if (!belongs(text.charCodeAt(index))) return false;
  return true;
}
