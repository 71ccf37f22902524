/** Where a dialled number leads. */
export type Route =
  | { readonly kind: "extension"; readonly extension: string }
  | { readonly kind: "outside"; readonly number: string }
  | { readonly kind: "nowhere" };

export interface NumberingPlan {
  /** What callers from outside dial before an extension: the main number with country and area code. */
  readonly directDial: string;
  /** What is dialled from inside before a number outside. */
  readonly outsideLine: string;
  readonly isExtension: (number: string) => boolean;
}

/** Extensions first; then numbers outside, written as `+49…`, or as dialled at a desk, `0…` or `00…`. */
export function routeNumber(dialled: string, plan: NumberingPlan): Route {
  const { directDial, outsideLine, isExtension } = plan;
  const number = dialled.startsWith(directDial) ? dialled.slice(directDial.length) : dialled;
  if (isExtension(number)) return { kind: "extension", extension: number };
  if (/^\+\d{5,15}$/.test(dialled)) return { kind: "outside", number: dialled };
  const isOutside = dialled.startsWith(outsideLine) && /^\d{4,20}$/.test(dialled);
  return isOutside ? { kind: "outside", number: dialled.slice(outsideLine.length) } : { kind: "nowhere" };
}
