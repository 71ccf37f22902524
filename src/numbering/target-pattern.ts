/** Patterns by which an administrator names targets: digits, `?` for any one and `*` for any number of characters. */

/** Characters of a canonical target, and the two that stand for others. */
const patternForm = /^[A-Za-z0-9+?*.@:_-]+$/;
export const longestPattern = 64;

/** Whether a pattern can be read. */
export function isTargetPattern(text: string): boolean {
  return text.length <= longestPattern && patternForm.test(text);
}

/** Whether one of the patterns fits a canonical target: `+4989*`, `10?`, `sip:*@partner.example`. */
export function matchesSome(patterns: readonly string[], canonical: string): boolean {
  return patterns.some((pattern) => matches(pattern, canonical));
}

/** Goes back to the last `*` alone, so it takes no longer than the product of the two lengths. */
function matches(pattern: string, text: string): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let resume = 0;
  while (from < text.length) {
    const wanted = pattern[at];
    if (wanted === "*") {
      star = at++;
      resume = from;
    } else if (wanted === "?" || wanted === text[from]) {
      at++;
      from++;
    } else if (star >= 0) {
      at = star + 1;
      from = ++resume;
    } else return false;
  }
  while (pattern[at] === "*") at++;
  return at === pattern.length;
}
