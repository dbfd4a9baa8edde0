/** Something that goes on, or the last that did, and what was said of it. */
export interface Heard<Message> {
  readonly id: string;
  readonly log: Pick<MessageLog<Message>, 'isOver' | 'since'>;
}

/** What was said of something that goes on, so that a late or returning listener misses nothing. */
export class MessageLog<Message> {
  readonly #messages: Message[] = [];
  readonly #listeners = new Set<() => void>();
  #isOver = false;

  get isOver(): boolean {
    return this.#isOver;
  }

  tell(message: Message): void {
    this.#messages.push(message);
    this.#wake();
  }

  /** Nothing more will be said. */
  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  /** What was said so far from message number `from` on. */
  since(from: number): readonly Message[] {
    return this.#messages.slice(from);
  }

  /** What was said from message number `from` on, and what comes, until it is over. */
  async *from(from: number, signal: AbortSignal): AsyncGenerator<readonly [number, Message]> {
    let index = from;
    while (!signal.aborted) {
      const message = this.#messages[index];
      if (message !== undefined) {
        yield [index, message];
        index += 1;
      } else if (this.#isOver) return;
      else await this.#news(signal);
    }
  }

  #wake(): void {
    for (const wake of this.#listeners) wake();
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#listeners.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#listeners.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
