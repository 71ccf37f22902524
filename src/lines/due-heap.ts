/** What a heap orders. The heap keeps `place`; who is in no heap has place -1. */
export interface Due {
  dueAt: number;
  place: number;
}

/** A binary heap whose members know their place, so that one of 100,000 is moved or taken out in a few steps. */
export class DueHeap<Member extends Due> {
  readonly #members: Member[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** The one that is due first. */
  first(): Member | undefined {
    return this.#members[0];
  }

  add(member: Member): void {
    this.#members.push(member);
    this.#rise(member, this.#members.length - 1);
  }

  /** Whether it was in this heap. */
  remove(member: Member): boolean {
    const { place } = member;
    if (place < 0 || this.#members[place] !== member) return false;
    const last = this.#members.pop();
    member.place = -1;
    if (last !== undefined && last !== member) {
      this.#sink(last, place);
      this.#rise(last, last.place);
    }
    return true;
  }

  #rise(member: Member, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#members[above];
      if (parent === undefined || parent.dueAt <= member.dueAt) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(member, place);
  }

  #sink(member: Member, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#members[2 * place + 1];
      const right = this.#members[2 * place + 2];
      const child = right !== undefined && left !== undefined && right.dueAt < left.dueAt ? right : left;
      if (child === undefined || child.dueAt >= member.dueAt) break;
      const below = child === left ? 2 * place + 1 : 2 * place + 2;
      this.#put(child, place);
      place = below;
    }
    this.#put(member, place);
  }

  #put(member: Member, place: number): void {
    this.#members[place] = member;
    member.place = place;
  }
}
