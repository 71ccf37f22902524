import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import { actorOf } from "../../access.ts";
import type { App } from "../../app.ts";
import type { Application } from "../../application.ts";
import { deepestJson, depthOf } from "../../json-body.ts";
import { warningSchema } from "../forwardings/forwarding-schema.ts";
import { problems } from "../problems.ts";

/** Some 100,000 lines. */
const largestFile = 32 * 1_048_576;

/** YAML by its registered name (RFC 9512) and its old ones, and JSON, which is YAML too. */
const mediaTypes = ["application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "application/json"];

const querySchema = z.strictObject({
  prune: z.stringbool().default(false).meta({
    description:
      "Remove what the file does not name, groups' forwardings included, whoever set them. What a user set for a line stays, and is told as `kept`.",
  }),
  file: z.string().max(200).default("configuration").meta({ description: "Name that faults are told with." }),
});

const appliedSchema = z
  .object({
    created: z.array(z.string()),
    changed: z.array(z.string()),
    removed: z.array(z.string()),
    unchanged: z.int(),
    kept: z.array(z.string()).meta({ description: "Rules that stay as their user has set them." }),
    warnings: z.array(warningSchema),
  })
  .meta({ id: "AppliedConfiguration" });

/** POST a configuration file: all of it, or nothing and every fault with its place. */
export async function applyConfiguration(app: App, { configurations }: Application): Promise<void> {
  // A scope of its own: nowhere else is YAML read, or so long a body.
  await app.register((scope: App, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<string>(
      mediaTypes,
      { parseAs: "string", bodyLimit: largestFile },
      (request, text, ready) => {
        if (isJson(request) && depthOf(text) > deepestJson) {
          ready(new Refusal("invalid-input", `The body is nested deeper than ${deepestJson} levels.`));
        } else {
          ready(null, text);
        }
      },
    );
    scope.post(
      "/api/configuration",
      {
        bodyLimit: largestFile,
        config: { access: "admin" },
        schema: {
          summary: "Apply a configuration file",
          description:
            "Creates and changes what the file names. `${env:NAME}` is not filled in: the sender does that.",
          tags: ["installation"],
          consumes: mediaTypes,
          querystring: querySchema,
          body: z.string(),
          response: { 200: appliedSchema, ...problems(400, 401, 403, 413, 415, 422, 503) },
        },
      },
      async (request) => {
        const { file, prune } = request.query;
        const report = await configurations.apply(request.body, { file, prune, actor: actorOf(request) });
        return {
          created: [...report.created],
          changed: [...report.changed],
          removed: [...report.removed],
          unchanged: report.unchanged,
          kept: [...report.kept],
          warnings: report.warnings.map(({ code, message }) => ({ code, message })),
        };
      },
    );
    done();
  });
}

function isJson(request: FastifyRequest): boolean {
  return /^application\/json\b/i.test(request.headers["content-type"] ?? "");
}
