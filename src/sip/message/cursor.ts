import { endOfRun, tokenCharacter, whitespace } from "./characters.ts";
import type { CharacterClass } from "./characters.ts";

/**
 * A place in a header value that moves forward only. The functions that read ABNF rules take a cursor, leave it behind
 * what they read, and answer `undefined` when the rule does not hold; then the cursor's place means nothing.
 */
export class Cursor {
  readonly text: string;
  position: number;

  constructor(text: string, position = 0) {
    this.text = text;
    this.position = position;
  }

  get isAtEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** The character code here; NaN at the end, which is in no class and equals nothing. */
  peek(): number {
    return this.text.charCodeAt(this.position);
  }

  /** Steps over the character if it is the given one. */
  take(code: number): boolean {
    if (this.text.charCodeAt(this.position) !== code) return false;
    this.position++;
    return true;
  }

  /** RFC 3261 §25.1: SEMI, COMMA, EQUAL, SLASH, COLON are the mark with optional white space on both sides. */
  takeSeparator(code: number): boolean {
    this.skipWhitespace();
    if (!this.take(code)) return false;
    this.skipWhitespace();
    return true;
  }

  skipWhitespace(): void {
    this.position = endOfRun(this.text, this.position, whitespace);
  }

  /** The longest run of the set's characters from here; empty when there is none. */
  takeRun(set: CharacterClass): string {
    const start = this.position;
    this.position = endOfRun(this.text, start, set);
    return this.text.slice(start, this.position);
  }

  takeToken(): string {
    return this.takeRun(tokenCharacter);
  }

  /** quoted-string = SWS DQUOTE *(qdtext / quoted-pair) DQUOTE: what is between the quotes, escapes resolved. */
  takeQuotedString(): string | undefined {
    if (!this.take(0x22)) return undefined;
    const start = this.position;
    const end = closingQuote(this.text, start);
    if (end === -1) return undefined;
    this.position = end + 1;
    const raw = this.text.slice(start, end);
    return raw.includes("\\") ? raw.replace(/\\([^])/g, "$1") : raw;
  }
}

/** Where the quote that closes the string stands whose inside begins at `start`; -1 when none does. */
export function closingQuote(text: string, start: number): number {
  let position = start;
  for (;;) {
    const quote = text.indexOf('"', position);
    if (quote === -1) return -1;
    // A backslash hides the quote unless it is itself hidden: the run of them before the quote must be even.
    let backslashes = quote;
    while (backslashes > position && text.charCodeAt(backslashes - 1) === 0x5c) backslashes--;
    if (((quote - backslashes) & 1) === 0) return quote;
    position = quote + 1;
  }
}

/** The text as a quoted-string. */
export function quote(text: string): string {
  return `"${text.includes('"') || text.includes("\\") ? text.replace(/["\\]/g, "\\$&") : text}"`;
}
