/**
 * Whether a version such as "4.1.1" comes before another. One that nobody knows, such as "unknown" of
 * somebody else's broker, is taken for a new one.
 */
export function isVersionBefore(version: string, other: string): boolean {
  const numbers = numbersOf(version);
  const others = numbersOf(other);
  const index = others.findIndex((number, place) => number !== (numbers[place] ?? 0));
  return numbers.length > 0 && index >= 0 && (numbers[index] ?? 0) < (others[index] ?? 0);
}

const numbersOf = (version: string): readonly number[] =>
  /^\d+(\.\d+)*/.exec(version)?.[0].split('.').map(Number) ?? [];
