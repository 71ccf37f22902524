/** Beyond this many candidates a search would take longer than it is worth. */
const mostCandidates = 2000;

/** The candidate that was probably meant; undefined when none is close: at most two slips, a third of its length. */
export function nearest(text: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.min(2, Math.floor(text.length / 3)) + 1;
  let seen = 0;
  for (const candidate of candidates) {
    if (++seen > mostCandidates) break;
    const slips = distance(text.toLowerCase(), candidate.toLowerCase(), fewest);
    if (slips < fewest) [best, fewest] = [candidate, slips];
  }
  return best;
}

/** A sentence for a mend: what was probably meant, or what else to do. */
export function didYouMean(text: string, candidates: Iterable<string>, otherwise: string): string {
  const meant = nearest(text, candidates);
  return meant === undefined ? otherwise : `Did you mean “${meant}”?`;
}

/** Characters to insert, remove, replace, or swap with their neighbour (optimal string alignment); `limit` at the most. */
function distance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const same = one[row - 1] === other[column - 1];
      let fewest = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1]) {
        fewest = Math.min(fewest, at(beforeLast, column - 2) + 1);
      }
      current.push(fewest);
    }
    [beforeLast, last] = [last, current];
  }
  return Math.min(limit, at(last, other.length));
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
