import type { Trace } from './events.ts';

export interface MermaidOptions {
  /** Messages after which the diagram stops with a visible notice; 100 when not given. */
  readonly mostMessages?: number;
}

/** A Mermaid sequence diagram of the steps `fromStep` to `toStep`, both included. */
export function toMermaid(
  _trace: Trace,
  _fromStep: number,
  _toStep: number,
  _options: MermaidOptions = {},
): string {
  throw new Error('not yet');
}
