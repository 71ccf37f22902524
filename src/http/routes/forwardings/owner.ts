/** Forwardings belong to a line or to a line group; the routes are the same for both but for what stands here. */
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { Refusal } from "../../../base/refusal.ts";
import type { Directory } from "../../../directory/directory.ts";
import type { ForwardingOwner } from "../../../directory/installation.ts";
import type { Access } from "../../access.ts";
import { forwardingKeySchema } from "./forwarding-schema.ts";

export interface OwnerKind {
  readonly url: string;
  readonly tag: string;
  readonly writeAccess: Access;
  /** Parameters of the path to all rules, and to one. */
  readonly params: z.ZodObject;
  readonly keyedParams: z.ZodObject<typeof forwardingKeySchema>;
  ownerIn(params: unknown): ForwardingOwner;
  /** Throws the refusal `unknown-line` or `unknown-group`. */
  require(directory: Directory, params: unknown): void;
}

export const lineParams = z.object({
  line: z.string().meta({ description: "Id of the line.", examples: ["101"] }),
});
const groupParams = z.object({
  group: z.string().meta({ description: "Id of the group.", examples: ["sales"] }),
});

export const lineOwner: OwnerKind = {
  url: "/api/lines/:line/forwardings",
  tag: "lines",
  writeAccess: "lines",
  params: lineParams,
  keyedParams: lineParams.extend(forwardingKeySchema),
  ownerIn: (params) => ({ line: lineIn(params) }),
  require: requireLine,
};

export const groupOwner: OwnerKind = {
  url: "/api/groups/:group/forwardings",
  tag: "groups",
  writeAccess: "admin",
  params: groupParams,
  keyedParams: groupParams.extend(forwardingKeySchema),
  ownerIn: (params) => ({ group: groupIn(params) }),
  require(directory, params) {
    const group = groupIn(params);
    if (!directory.findGroup(group)) throw new Refusal("unknown-group", `There is no group ${group}.`);
  },
};

function requireLine(directory: Directory, params: unknown): void {
  const line = lineIn(params);
  if (!directory.findLine(line)) throw new Refusal("unknown-line", `There is no line ${line}.`);
}

/** A hook that answers 404 before the body is looked at. */
export function ownerMustExist(kind: Pick<OwnerKind, "require">, directory: Directory) {
  return async (request: FastifyRequest): Promise<void> => {
    kind.require(directory, request.params);
    return Promise.resolve();
  };
}

/** The path's parameters before the schema has seen them: the router puts them there as text. */
function lineIn(params: unknown): string {
  return (params as { readonly line: string }).line;
}

function groupIn(params: unknown): string {
  return (params as { readonly group: string }).group;
}
