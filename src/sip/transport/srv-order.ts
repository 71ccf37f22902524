import type { RandomSource } from "../../base/random.ts";
import type { SrvRecord } from "./resolver.ts";

/**
 * The order in which to try servers. RFC 2782: lower priority first; within one priority by lot, the chance of each in
 * proportion to its weight, those of weight 0 having a very small one.
 */
export function orderServers(records: readonly SrvRecord[], random: RandomSource): SrvRecord[] {
  const byPriority = Map.groupBy(records, (record) => record.priority);
  const priorities = [...byPriority.keys()].sort((one, other) => one - other);
  return priorities.flatMap((priority) => drawByWeight(byPriority.get(priority) ?? [], random));
}

function drawByWeight(records: readonly SrvRecord[], random: RandomSource): SrvRecord[] {
  // Those of weight 0 stand first, so that the lot 0 falls on them.
  const left = [...records].sort((one, other) => one.weight - other.weight);
  const drawn: SrvRecord[] = [];
  let total = left.reduce((sum, record) => sum + record.weight, 0);
  while (left.length > 0) {
    const lot = Math.floor(random.fraction() * (total + 1));
    let runningSum = 0;
    const index = left.findIndex((record) => (runningSum += record.weight) >= lot);
    for (const record of left.splice(index, 1)) {
      drawn.push(record);
      total -= record.weight;
    }
  }
  return drawn;
}
