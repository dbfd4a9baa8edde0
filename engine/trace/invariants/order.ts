import type { Breach, Check } from './invariant.ts';

/** Each event stands at its own step. */
export const stepsCountUp: Check = ({ events }) =>
  events.flatMap(({ step }, index): Breach[] =>
    step === index ? [] : [{ step: index, found: `step ${step} stands at ${index}` }],
  );

/** No event happens before the one that stands before it. */
export const timeNeverGoesBack: Check = ({ events }) => {
  let lastMs = 0;
  return events.flatMap(({ step, atMs }): Breach[] => {
    const found = `${atMs} ms after ${lastMs} ms`;
    const isBack = atMs < lastMs;
    lastMs = atMs;
    return isBack ? [{ step, found }] : [];
  });
};

/** What brings something about stands before it. */
export const causesComeFirst: Check = ({ events }) =>
  events.flatMap(({ cause }, step): Breach[] =>
    cause === null || cause < step ? [] : [{ step, found: `step ${cause} is its cause` }],
  );

const UNCAUSED: ReadonlySet<string> = new Set(['begin', 'command', 'end']);

/**
 * Only script commands, the beginning and the end come from nowhere. A recording does not know all
 * causes.
 */
export const onlyTheScriptIsUncaused: Check = ({ source, events }) =>
  events.flatMap(({ step, kind, cause }): Breach[] =>
    source === 'recorded' || cause !== null || UNCAUSED.has(kind)
      ? []
      : [{ step, found: `${kind} has no cause` }],
  );
