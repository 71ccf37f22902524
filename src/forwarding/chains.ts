/**
 * Chains of forwardings across our own lines, looked for when a rule is set: a loop is a warning then, and no error,
 * since rules change and at call time the guards of decide.ts hold anyway.
 */
import { isFor } from "./compile-rules.ts";
import { callerClasses, type CallerClass, type Callers, type Forwarding, type When } from "./rules.ts";

/** A rule as a link: from the line that has it to its target. */
export interface ChainLink {
  readonly rule: Pick<Forwarding, "callers" | "enabled"> & { readonly when: When | "doNotDisturb" };
  /** The target's canonical form. */
  readonly target: string;
}

/** The rules of a line, found by its canonical identity; empty for what is no line of ours. */
export type LinksOf = (identity: string) => readonly ChainLink[];

export interface Chain {
  /** `loop`: it comes back to the line of the rule. `long`: it is longer than calls are diverted. */
  readonly kind: "loop" | "long";
  /** Whose calls take this way. */
  readonly callers: Callers;
  /** Identities on the way. A loop begins and ends with the least of them: it is the same, whichever rule is set. */
  readonly path: readonly string[];
  /** All rules on the way are for `always`: then every such call goes round, others only when lines are busy or silent. */
  readonly unconditional: boolean;
}

/** The lines that one search looks at; more are not to be found by people either. */
const searchLimit = 10_000;

/**
 * The loops and overlong chains that calls run into by this rule of the line `start`, the first found for each class
 * of caller, told once where it is the same for both. Loops that the rule only leads to are not its own. `limit` is
 * the number of diversions after which a call is not diverted again.
 */
export function findChains(start: string, rule: ChainLink, linksOf: LinksOf, limit: number): Chain[] {
  const chains = new Map<string, Chain>();
  for (const caller of callerClasses) {
    const chain = new ChainSearch(caller, start, linksOf, limit).along(rule);
    if (chain === undefined) continue;
    const key = [chain.kind, ...chain.path].join(" ");
    const same = chains.get(key);
    if (same === undefined) chains.set(key, chain);
    else
      chains.set(key, { ...chain, callers: "all", unconditional: chain.unconditional && same.unconditional });
  }
  return [...chains.values()];
}

class ChainSearch {
  readonly #caller: CallerClass;
  readonly #start: string;
  readonly #linksOf: LinksOf;
  readonly #limit: number;
  #visits = 0;

  constructor(caller: CallerClass, start: string, linksOf: LinksOf, limit: number) {
    this.#caller = caller;
    this.#start = start;
    this.#linksOf = linksOf;
    this.#limit = limit;
  }

  along(rule: ChainLink): Chain | undefined {
    return this.#follow([rule], [this.#start], true);
  }

  #follow(links: readonly ChainLink[], path: readonly string[], unconditional: boolean): Chain | undefined {
    for (const { rule, target } of links) {
      if (!rule.enabled || !isFor(rule.callers, this.#caller)) continue;
      const always = unconditional && rule.when === "always";
      if (target === this.#start) return this.#chain("loop", fromLeast(path), always);
      if (path.includes(target)) continue;
      const longer = [...path, target];
      this.#visits += 1;
      if (this.#visits > searchLimit) return undefined;
      if (path.length > this.#limit) return this.#chain("long", longer, always);
      const chain = this.#follow(this.#linksOf(target), longer, always);
      if (chain !== undefined) return chain;
    }
    return undefined;
  }

  #chain(kind: Chain["kind"], path: readonly string[], unconditional: boolean): Chain {
    return { kind, callers: this.#caller, path, unconditional };
  }
}

/** A loop's identities, each once, as a way from the least of them back to it. */
function fromLeast(loop: readonly string[]): string[] {
  const least = loop.reduce((first, identity) => (identity < first ? identity : first));
  const at = loop.indexOf(least);
  return [...loop.slice(at), ...loop.slice(0, at), least];
}

/** A warning for the one who sets the rule. */
export function explainChain({ kind, callers, path, unconditional }: Chain): string {
  const way = path.join(" → ");
  const calls = callers === "all" ? "calls" : `${callers} calls`;
  if (kind === "long") {
    return `${calls.charAt(0).toUpperCase()}${calls.slice(1)} can take the way ${way}: that is more diversions than one call may have.`;
  }
  const when = unconditional ? "always" : "when all these rules apply";
  return `These forwardings form a loop for ${callers} calls, ${when}: ${way}. Such a call is not forwarded again by the line where it comes back.`;
}
