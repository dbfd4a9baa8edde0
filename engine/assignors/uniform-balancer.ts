import { at, type Ints } from '../java/ints.ts';

/**
 * Finds, for one topic, whose turn it is to give and to take. Its subscribers stand sorted by load;
 * one level rises from the least loaded as partitions are given to them, another falls from the
 * most loaded as partitions are taken away. It trusts that each member it names does take or give.
 *
 * Source: UniformHeterogeneousAssignmentBuilder.MemberAssignmentBalancer, Kafka 4.3.1.
 */
export class UniformBalancer {
  readonly #sizes: Ints;
  readonly #sorted: number[];
  /** Members before this place are at the low level. */
  #lowEnd = 0;
  #lowLevel: number;
  #nextLow = 0;
  /** Members from here up to the end are at the high level; after the end stand those left out. */
  #highStart: number;
  #highEnd: number;
  #highLevel: number;
  #nextHigh: number;

  /**
   * @param sizes how many partitions each member has, kept up to date by the caller.
   * @param members at least one, ascending.
   */
  constructor(sizes: Ints, members: readonly number[]) {
    this.#sizes = sizes;
    this.#sorted = [...members].sort((a, b) => at(sizes, a) - at(sizes, b) || a - b);
    const { length } = members;
    this.#lowLevel = this.#sizeAt(0) - 1;
    this.#highStart = length;
    this.#highEnd = length;
    this.#highLevel = this.#sizeAt(length - 1) + 1;
    this.#nextHigh = length - 1;
  }

  /** How far its members are apart. */
  get imbalance(): number {
    return this.#sizeAt(this.#sorted.length - 1) - this.#sizeAt(0);
  }

  isBalanced(): boolean {
    return this.#highLevel - this.#lowLevel <= 1;
  }

  /** Who gets the next partition. */
  nextLeastLoaded(): number {
    if (this.#nextLow >= this.#lowEnd) {
      this.#lowLevel += 1;
      while (this.#lowEnd < this.#sorted.length && this.#sizeAt(this.#lowEnd) === this.#lowLevel) {
        this.#lowEnd += 1;
      }
      this.#nextLow = 0;
    }
    const member = at(this.#sorted, this.#nextLow);
    this.#nextLow += 1;
    return member;
  }

  /** Who gives the next partition; null when nobody is left. */
  nextMostLoaded(): number | null {
    if (this.#nextHigh < this.#highStart) {
      const isEmpty = this.#highEnd <= this.#highStart && this.#highStart > 0;
      this.#highLevel = isEmpty ? this.#sizeAt(this.#highStart - 1) : this.#highLevel - 1;
      while (this.#highStart > 0 && this.#sizeAt(this.#highStart - 1) === this.#highLevel) {
        this.#highStart -= 1;
      }
      this.#nextHigh = this.#highEnd - 1;
    }
    if (this.#nextHigh < 0) return null;
    const member = at(this.#sorted, this.#nextHigh);
    this.#nextHigh -= 1;
    return member;
  }

  /** The one just named has nothing to give: it is not asked again. */
  leaveOutMostLoaded(): void {
    const place = this.#nextHigh + 1;
    const last = this.#highEnd - 1;
    const member = at(this.#sorted, place);
    this.#sorted[place] = at(this.#sorted, last);
    this.#sorted[last] = member;
    this.#highEnd -= 1;
  }

  #sizeAt(place: number): number {
    return at(this.#sizes, at(this.#sorted, place));
  }
}
