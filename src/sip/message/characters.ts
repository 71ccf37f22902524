/**
 * A set of characters, as a bit in the table below. The ABNF character classes of RFC 3261 §25.1, and where peers are
 * looser than that, what can be let through without doubt about where a value ends.
 */
export type CharacterClass = number;

/** token = 1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~"). */
export const tokenCharacter: CharacterClass = 1;
/** Of a host name or an IPv4 address. An underscore is no host name character, yet machines are named with one. */
export const hostCharacter: CharacterClass = 2;
export const digit: CharacterClass = 4;
export const hexadecimal: CharacterClass = 8;
/** SP or HTAB. What was folded has become SP by then. */
export const whitespace: CharacterClass = 16;
/** gen-value without quotes, as peers write it: an IPv6 address may stand here without brackets, base64 too. */
export const valueCharacter: CharacterClass = 32;
/** All that may stand in a URI between angle brackets: visible, and none of `"`, `<`, `>`. */
export const uriCharacter: CharacterClass = 64;
/** pvalue of a URI parameter. */
export const uriParameterValue: CharacterClass = 128;
/** pname of a URI parameter. */
export const uriParameterName: CharacterClass = 256;
/** display-name without quotes: words of all the world's letters, but no mark that could begin or end something. */
export const displayNameCharacter: CharacterClass = 512;
/** addr-spec without angle brackets: RFC 3261 §20.10 lets no comma or semicolon be part of it. */
export const bareUriCharacter: CharacterClass = 1024;
/** No white space and no control: RFC 3261 §25.1 lets brackets, quotes and more stand in a Call-ID. */
export const visibleCharacter: CharacterClass = 2048;

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const digits = "0123456789";
const members = new Uint16Array(256);

function include(characters: string, set: CharacterClass): void {
  for (let index = 0; index < characters.length; index++) {
    const code = characters.charCodeAt(index);
    members[code] = (members[code] ?? 0) | set;
  }
}

/** All visible octets, those of UTF-8 letters included, but the given ones. */
function includeVisible(except: string, set: CharacterClass): void {
  for (let code = 0x21; code < 256; code++) {
    const character = String.fromCharCode(code);
    if (code !== 0x7f && !except.includes(character)) include(character, set);
  }
}

include(letters + digits + "-.!%*_+`'~", tokenCharacter);
include(letters + digits + "-._", hostCharacter);
include(digits, digit);
include(digits + "abcdefABCDEF", hexadecimal);
include(" \t", whitespace | displayNameCharacter);
includeVisible('",;<>', valueCharacter);
includeVisible('"<>', uriCharacter);
includeVisible('"<>;?@', uriParameterValue);
includeVisible('"<>;?@=', uriParameterName);
includeVisible('",;<>:@', displayNameCharacter);
includeVisible('",;<>', bareUriCharacter);
includeVisible("", visibleCharacter);

/** Whether a character code is in the set; one above 255 is in none, nor is NaN, the end of a text. */
export function isIn(code: number, set: CharacterClass): boolean {
  return ((members[code] ?? 0) & set) !== 0;
}

/** Where the run of the set's characters that begins at `start` ends. */
export function endOfRun(text: string, start: number, set: CharacterClass): number {
  let position = start;
  while (position < text.length && ((members[text.charCodeAt(position)] ?? 0) & set) !== 0) position++;
  return position;
}

/** Whether the text is nothing but characters of the set; the empty text is. */
export function isAll(text: string, set: CharacterClass): boolean {
  return endOfRun(text, 0, set) === text.length;
}

export function isToken(text: string): boolean {
  return text.length > 0 && isAll(text, tokenCharacter);
}
