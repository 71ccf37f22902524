import { isAll, valueCharacter } from "./characters.ts";
import { quote } from "./cursor.ts";
import type { Cursor } from "./cursor.ts";

/** Names in lower case, values unquoted; `undefined` where a parameter stands without a value. In order of appearance. */
export type Parameters = ReadonlyMap<string, string | undefined>;

export const noParameters: Parameters = new Map();

const semicolon = 0x3b;
const equals = 0x3d;
const doubleQuote = 0x22;

/**
 * *( SEMI generic-param ), generic-param = token [ EQUAL gen-value ]. A name that comes twice counts the first time.
 * Fails (undefined) on an empty parameter and an unbalanced quote. Leaves the cursor where no semicolon follows.
 */
export function readParameters(cursor: Cursor): Parameters | undefined {
  let parameters: Map<string, string | undefined> | undefined;
  while (cursor.takeSeparator(semicolon)) {
    const name = cursor.takeToken().toLowerCase();
    if (name === "") return undefined;
    let value: string | undefined;
    if (cursor.takeSeparator(equals)) {
      value = cursor.peek() === doubleQuote ? cursor.takeQuotedString() : cursor.takeRun(valueCharacter);
      if (value === undefined) return undefined;
    }
    parameters ??= new Map();
    if (!parameters.has(name)) parameters.set(name, value);
  }
  return parameters ?? noParameters;
}

/** `;name=value` for each; what could be mistaken is quoted. */
export function serializeParameters(parameters: Parameters): string {
  let text = "";
  for (const [name, value] of parameters) {
    text += value === undefined ? `;${name}` : `;${name}=${serializeValue(value)}`;
  }
  return text;
}

function serializeValue(value: string): string {
  return value.length > 0 && isAll(value, valueCharacter) ? value : quote(value);
}
