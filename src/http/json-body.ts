/** JSON bodies, read with a bound on their depth. */
import type { FastifyInstance } from "fastify";
import { Refusal } from "../base/refusal.ts";

/** Deeper than any configuration; what is deeper would only cost whoever walks it recursively. */
export const deepestJson = 64;

/**
 * Reads `application/json` and nothing else: a page of another origin can send `text/plain` without asking first.
 * An empty body is undefined: DELETE may carry the header without a body, and where one is needed the schema says so.
 */
export function acceptJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<string>("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.trim() === "") {
      done(null, undefined);
    } else if (depthOf(body) > deepestJson) {
      done(new Refusal("invalid-input", `The body is nested deeper than ${deepestJson} levels.`));
    } else {
      void parse(request, body, done);
    }
  });
}

/** Depth of a JSON text, without building what it holds. */
export function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let index = 0; index < json.length; index++) {
    const code = json.charCodeAt(index);
    if (isInString) {
      if (code === backslash) index++;
      else if (code === quote) isInString = false;
    } else if (code === quote) {
      isInString = true;
    } else if (code === openBrace || code === openBracket) {
      if (++depth > deepest) deepest = depth;
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
    }
  }
  return deepest;
}

const quote = 0x22;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
