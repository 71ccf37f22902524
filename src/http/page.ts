/** Pages of a list that lies in memory in a steady order. */

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Key of the page's last item; absent: this was the last page. */
  readonly next: string | undefined;
}

/** The first `limit` items that `fits` after the one with the key `cursor`. The items come sorted by key. */
export function pageOf<Item>(
  items: Iterable<Item>,
  options: {
    readonly key: (item: Item) => string;
    readonly fits: (item: Item) => boolean;
    readonly cursor: string | undefined;
    readonly limit: number;
  },
): Page<Item> {
  const { key, fits, cursor, limit } = options;
  const page: Item[] = [];
  for (const item of items) {
    if (cursor !== undefined && compareKeys(key(item), cursor) <= 0) continue;
    if (!fits(item)) continue;
    if (page.length === limit) return { items: page, next: key(page[limit - 1] ?? item) };
    page.push(item);
  }
  return { items: page, next: undefined };
}

/** By code unit: the same on every machine, whatever its language. */
export function compareKeys(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
