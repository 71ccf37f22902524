/** The first cycle met in a graph, as the nodes on it with the first one repeated at the end. */
export function findCycle(
  nodes: Iterable<string>,
  next: (node: string) => Iterable<string>,
): readonly string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];

  const visit = (node: string): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const neighbour of next(node)) {
      const cycle = visit(neighbour);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };

  for (const node of nodes) {
    const cycle = visit(node);
    if (cycle) return cycle;
  }
  return undefined;
}
