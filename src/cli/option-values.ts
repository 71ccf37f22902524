/** Values of options, read before anything is sent: what makes no sense is wrong usage. Absent options stay absent. */
import { z } from "zod";
import { WrongUsage } from "./command.ts";

/** A whole number in these bounds. */
export function readWhole(
  option: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new WrongUsage(`${option} is a whole number from ${least} to ${most}, not "${text}".`);
}

/** An instant as ISO 8601 has it; without an offset it is the server's local time, where that may be. */
export function readTime(
  option: string,
  text: string | undefined,
  { mayBeLocal }: { readonly mayBeLocal: boolean },
): string | undefined {
  if (text === undefined) return undefined;
  if (z.iso.datetime({ offset: true, local: mayBeLocal }).safeParse(text).success) return text;
  throw new WrongUsage(`${option} is a time such as 2026-12-24T18:00:00+01:00, not "${text}".`);
}

export function readOneOf(
  option: string,
  text: string | undefined,
  values: readonly string[],
): string | undefined {
  if (text === undefined || values.includes(text)) return text;
  throw new WrongUsage(`${option} is ${values.join(", ")}, not "${text}".`);
}
