import type { Scenario, Trace } from '../../engine/index.ts';

/** Text around a scenario, bound to its run. */
export interface Lesson {
  readonly number: number;
  readonly title: string;
  readonly scenario: Scenario;
  /** Markdown; `{{name}}` stands for the value of that name, measured on the run. */
  readonly text: string;
  readonly production: string;
  readonly simplified: readonly string[];
  /** Numbers and names of the text, from the trace; null where the run does not have it. */
  readonly measure: (trace: Trace) => Readonly<Record<string, string | null>>;
  readonly moments: readonly Moment[];
  readonly questions: readonly Question[];
}

/** A step worth going to. */
export interface Moment {
  readonly title: string;
  /** The step, or null when the run has no such moment. */
  readonly find: (trace: Trace) => number | null;
}

/** Predict, then reveal. */
export interface Question {
  readonly ask: string;
  readonly choices: readonly string[];
  readonly right: number;
  /** Markdown with the same placeholders as the text. */
  readonly reveal: string;
  /** The moment that shows the answer, by its title. */
  readonly moment: string;
}

/**
 * The text with its placeholders filled in. What the run does not have is said so, instead of a
 * number that is no longer true.
 */
export function fillIn(text: string, values: Readonly<Record<string, string | null>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_match, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`bug: the lesson has no value "${name}"`);
    return value ?? '(not in this run)';
  });
}
