import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { problems } from "../problems.ts";
import { describeLine, lineWithPhonesSchema } from "./line-schema.ts";

/** GET one line: its configuration and its live state. */
export function getLine(app: App, { directory, lineStates }: Application): void {
  app.get(
    "/api/lines/:line",
    {
      schema: {
        summary: "Read a line",
        tags: ["lines"],
        params: z.object({ line: z.string() }),
        response: { 200: lineWithPhonesSchema, ...problems(401, 404) },
      },
    },
    (request) => {
      const line = directory.findLine(request.params.line);
      if (!line) throw new Refusal("unknown-line", `There is no line ${request.params.line}.`);
      return {
        ...describeLine(line, directory, lineStates),
        registeredPhones: [...(lineStates.phonesOf?.(line.id) ?? [])],
      };
    },
  );
}
