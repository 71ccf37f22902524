import { z } from "zod";
import type { Line } from "../../../directory/directory-store.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { compareKeys, pageOf } from "../../page.ts";
import { problems } from "../problems.ts";
import { describeLine, lineSchema } from "./line-schema.ts";

/** A page this long takes the event loop, which the calls need as well, some ten milliseconds. */
const longestPage = 1_000;

const querySchema = z.strictObject({
  q: z.string().max(200).optional().meta({ description: "Part of an id, extension, name or username." }),
  group: z.string().optional(),
  pbx: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(longestPage).default(longestPage),
  cursor: z.string().optional().meta({ description: "`next` of the page before." }),
});

/** GET the lines with their live state, sorted by id. */
export function listLines(app: App, { directory, lineStates }: Application): void {
  app.get(
    "/api/lines",
    {
      schema: {
        summary: "List lines",
        tags: ["lines"],
        querystring: querySchema,
        response: {
          200: z
            .object({ lines: z.array(lineSchema), total: z.int(), next: z.string().exactOptional() })
            .meta({ id: "Lines" }),
          ...problems(400, 401),
        },
      },
    },
    (request) => {
      const { q, group, pbx, limit, cursor } = request.query;
      const sought = q?.toLowerCase();
      const lines = [...directory.lines()].sort((a, b) => compareKeys(a.id, b.id));
      const fits = (line: Line): boolean =>
        (group === undefined || line.group === group) &&
        (pbx === undefined || directory.findGroup(line.group)?.pbx === pbx) &&
        (sought === undefined || textsOf(line).some((text) => text.toLowerCase().includes(sought)));
      const { items, next } = pageOf(lines, { key: (line) => line.id, fits, cursor, limit });
      return {
        lines: items.map((line) => describeLine(line, directory, lineStates)),
        total: directory.lineCount,
        ...(next === undefined ? {} : { next }),
      };
    },
  );
}

function textsOf(line: Line): readonly string[] {
  return [line.id, line.extension, line.username, line.displayName ?? ""];
}
