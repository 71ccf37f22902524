/**
 * Chains of forwardings across our own lines, looked for when a rule is set: a loop is a warning then, and no error,
 * since rules change and at call time the guards of decide.ts hold anyway.
 */
import { isFor } from "./compile-rules.ts";
import { callerClasses, type CallerClass, type Forwarding } from "./rules.ts";

/** A rule as a link: from the line that has it to its target. */
export interface ChainLink {
  readonly rule: Pick<Forwarding, "when" | "callers" | "enabled">;
  /** The target's canonical form. */
  readonly target: string;
}

/** The rules of a line, found by its canonical identity; empty for what is no line of ours. */
export type LinksOf = (identity: string) => readonly ChainLink[];

export interface Chain {
  /** `loop`: it comes back to a line that it has passed. `long`: it is longer than calls are diverted. */
  readonly kind: "loop" | "long";
  /** Whose calls take this way. */
  readonly caller: CallerClass;
  /** Identities on the way; a loop's last one stands in it twice. */
  readonly path: readonly string[];
  /** All rules on the way are for `always`: then every such call goes round, others only when lines are busy or silent. */
  readonly unconditional: boolean;
}

/** The lines that one search looks at; more are not to be found by people either. */
const searchLimit = 10_000;

/**
 * The loops and overlong chains that calls to the line `start` can run into, the first found for each class of
 * caller. `limit` is the number of diversions after which a call is not diverted again.
 */
export function findChains(start: string, linksOf: LinksOf, limit: number): Chain[] {
  return callerClasses
    .map((caller) => new ChainSearch(caller, linksOf, limit).from(start))
    .filter((chain) => chain !== undefined);
}

class ChainSearch {
  readonly #caller: CallerClass;
  readonly #linksOf: LinksOf;
  readonly #limit: number;
  #visits = 0;

  constructor(caller: CallerClass, linksOf: LinksOf, limit: number) {
    this.#caller = caller;
    this.#linksOf = linksOf;
    this.#limit = limit;
  }

  from(start: string): Chain | undefined {
    return this.#walk([start], true);
  }

  #walk(path: readonly string[], unconditional: boolean): Chain | undefined {
    this.#visits += 1;
    const last = path.at(-1);
    if (last === undefined || this.#visits > searchLimit) return undefined;
    if (path.length - 1 > this.#limit) return { kind: "long", caller: this.#caller, path, unconditional };
    for (const { rule, target } of this.#linksOf(last)) {
      if (!rule.enabled || !isFor(rule.callers, this.#caller)) continue;
      const longer = [...path, target];
      const always = unconditional && rule.when === "always";
      if (path.includes(target)) {
        return { kind: "loop", caller: this.#caller, path: longer, unconditional: always };
      }
      const chain = this.#walk(longer, always);
      if (chain !== undefined) return chain;
    }
    return undefined;
  }
}

/** A warning for the one who sets the rule. */
export function explainChain({ kind, caller, path, unconditional }: Chain): string {
  const way = path.join(" → ");
  if (kind === "long") {
    return `${caller === "internal" ? "Internal" : "External"} calls can take the way ${way}: that is more diversions than one call may have.`;
  }
  const when = unconditional ? "always" : "when all these rules apply";
  return `These forwardings form a loop for ${caller} calls, ${when}: ${way}. Such a call is not forwarded again by the line where it comes back.`;
}
