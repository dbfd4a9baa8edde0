/** Something measured, against what it may be. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly budget: number;
  /** Whether more is better. */
  readonly isRate: boolean;
}

/** One line: an object for programs, or a sentence. */
export function printFigure(figure: Figure, isJson: boolean): string {
  const { name, unit, budget, isRate } = figure;
  const isMet = isRate ? figure.value >= budget : figure.value <= budget;
  const value = Number(figure.value.toPrecision(3));
  return isJson
    ? JSON.stringify({ ...figure, value, isMet })
    : `${isMet ? 'met   ' : 'MISSED'} ${name}: ${value} ${unit} (budget ${budget})`;
}

/** Milliseconds that the fastest of some tries takes. */
export function fastestMs(tries: number, run: () => void): number {
  const times = Array.from({ length: tries }, () => {
    const beganMs = performance.now();
    run();
    return performance.now() - beganMs;
  });
  return Math.min(...times);
}
