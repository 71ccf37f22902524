import { problemSchema } from "../problem.ts";

/** The refusals that a route documents, by status. */
export function problems<Status extends number>(
  ...statuses: readonly Status[]
): Record<Status, typeof problemSchema> {
  return Object.fromEntries(statuses.map((status) => [status, problemSchema])) as Record<
    Status,
    typeof problemSchema
  >;
}
