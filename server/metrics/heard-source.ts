import type { LiveMessage } from '../../engine/index.ts';
import type { Heard } from '../run/message-log.ts';
import type { GroupFigures } from './group-figures.ts';
import type { HeardGroup } from './heard-group.ts';

/** A run or a tap: what is told of its groups is taken in as far as it is new. */
export class HeardSource<Message extends { readonly type: string }> {
  readonly #last: () => Heard<Message> | null;
  readonly #groupOf: (message: Message) => readonly [string, LiveMessage] | null;
  readonly #newGroup: () => HeardGroup;
  #id: string | null = null;
  #heardCount = 0;
  #isFull = false;
  #groups = new Map<string, HeardGroup>();

  /**
   * @param last the one that goes on, or the last that did.
   * @param groupOf of which group a message is, and what it says of it; null when of none.
   */
  constructor(
    last: () => Heard<Message> | null,
    groupOf: (message: Message) => readonly [string, LiveMessage] | null,
    newGroup: () => HeardGroup,
  ) {
    this.#last = last;
    this.#groupOf = groupOf;
    this.#newGroup = newGroup;
  }

  /** Null when there never was one; figures by group, of those of which enough is known. */
  read(): {
    readonly isListening: boolean;
    readonly groups: ReadonlyMap<string, GroupFigures>;
  } | null {
    const heard = this.#last();
    if (heard === null) return null;
    this.#hear(heard);
    const isListening = !heard.log.isOver && !this.#isFull;
    const groups = new Map<string, GroupFigures>();
    for (const group of this.#groups.values()) {
      const figures = group.figures(isListening);
      if (figures !== null) groups.set(group.name, figures);
    }
    return { isListening, groups };
  }

  #hear({ id, log }: Heard<Message>): void {
    if (id !== this.#id) {
      this.#id = id;
      this.#heardCount = 0;
      this.#isFull = false;
      this.#groups = new Map();
    }
    const news = log.since(this.#heardCount);
    this.#heardCount += news.length;
    for (const message of news) {
      if (message.type === 'full') this.#isFull = true;
      // What is told at the end is of a time that was not recorded any more.
      if (this.#isFull) continue;
      const [key, told] = this.#groupOf(message) ?? [];
      if (key === undefined || told === undefined) continue;
      const group = this.#groups.get(key) ?? this.#newGroup();
      this.#groups.set(key, group);
      group.hear(told);
    }
  }
}
