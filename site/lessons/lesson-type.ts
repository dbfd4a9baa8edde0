import type { Trace } from '../../engine/index.ts';
import type { TextSection } from './markdown-plugin.ts';

/** A text around a scenario: where to stop, what to ask, and the numbers that the run supplies. */
export interface Lesson {
  readonly number: number;
  readonly title: string;
  readonly sections: readonly TextSection[];
  /** By section: the step of a trace that the section is about. */
  readonly chapters: Readonly<Record<string, Chapter>>;
  readonly questions: readonly Question[];
  /** What the placeholders of the text stand for in this run; a fact that a run lacks is absent. */
  readonly factsOf: (trace: Trace) => Facts;
}

export interface Chapter {
  /** What the button says. */
  readonly label: string;
  /** Null when the run has no such moment. */
  readonly find: (trace: Trace) => number | null;
}

export interface Question {
  readonly id: string;
  /** The section that it stands under. */
  readonly section: string;
  readonly prompt: string;
  readonly options: readonly string[];
  /** Index of the option that holds. */
  readonly right: number;
  /** May use the text's placeholders. */
  readonly answer: string;
}

export type Facts = ReadonlyMap<string, string>;

/** Puts facts in the place of `{{name}}`; what the run does not have reads "(not in this run)". */
export function fillIn(text: string, facts: Facts): string {
  return text.replaceAll(
    /\{\{(\w+)\}\}/g,
    (_, name: string) => facts.get(name) ?? '(not in this run)',
  );
}

/** The same for HTML: facts are text, whatever they hold. */
export function fillInHtml(html: string, facts: Facts): string {
  const escaped = [...facts].map(([name, value]) => [name, escapeHtml(value)] as const);
  return fillIn(html, new Map(escaped));
}

const escapeHtml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
