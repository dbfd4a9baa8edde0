/**
 * A transition under way: it begins with a state and ends with a new state and what it asks for.
 * Only the code of one transition holds it; states themselves are never changed.
 */
export class Turn<State extends object, Asked> {
  #state: State;
  /** Whether the state is a copy of this transition's own. */
  #isOwn = false;
  readonly effects: Asked[] = [];

  readonly #copy: (state: State) => State;

  /** @param copy of states with many fields, written out because that is many times as fast. */
  constructor(state: State, copy: (state: State) => State = (from) => ({ ...from })) {
    this.#state = state;
    this.#copy = copy;
  }

  /** As it is now; while the transition goes on, its parts may still be replaced. */
  get state(): State {
    return this.#state;
  }

  /** Goes on with some of the state's parts replaced. */
  set(parts: Partial<State>): void {
    if (!this.#isOwn) this.#state = this.#copy(this.#state);
    this.#isOwn = true;
    Object.assign(this.#state, parts);
  }

  ask(effect: Asked): void {
    this.effects.push(effect);
  }
}
