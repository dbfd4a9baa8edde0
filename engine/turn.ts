/**
 * A transition under way: it begins with a state and ends with a new state and what it asks for.
 * Only the code of one transition holds it; states themselves are never changed.
 */
export class Turn<State extends object, Asked> {
  state: State;
  readonly effects: Asked[] = [];

  constructor(state: State) {
    this.state = state;
  }

  /** Goes on with some of the state's parts replaced. */
  set(parts: Partial<State>): void {
    this.state = { ...this.state, ...parts };
  }

  ask(effect: Asked): void {
    this.effects.push(effect);
  }
}
