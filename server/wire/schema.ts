/**
 * The notation that messages are written down in: Kafka's own message schemas, a line a field.
 * Names, types, versions, tags and defaults are theirs.
 */

/** As in Kafka's schemas: `5+`, `0-3`, or `1`. */
export type Versions = `${number}+` | `${number}-${number}` | `${number}`;

export type Primitive = 'bool' | 'int8' | 'int16' | 'int32' | 'int64' | 'uuid' | 'string' | 'bytes';

export type FieldType =
  | Primitive
  | { readonly kind: 'array'; readonly of: FieldType }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly versions: VersionRange;
  readonly nullable: VersionRange | null;
  /** The number of a tagged field; null for one that stands in its place. */
  readonly tag: number | null;
  /** What an encoded message gets where nothing is given. */
  readonly default: null | boolean | number | string;
}

export interface VersionRange {
  readonly from: number;
  readonly to: number;
}

interface FieldOptions {
  readonly nullable?: Versions;
  readonly tag?: number;
  readonly default?: null | boolean | number | string;
}

/** One field. Without versions it is there in all of them. */
export function f(
  name: string,
  type: FieldType,
  versions: Versions = '0+',
  options: FieldOptions = {},
): Field {
  return {
    name,
    type,
    versions: range(versions),
    nullable: options.nullable === undefined ? null : range(options.nullable),
    tag: options.tag ?? null,
    default: options.default ?? null,
  };
}

export const struct = (...fields: readonly Field[]): FieldType => ({ kind: 'struct', fields });
/** An array of structs. */
export const list = (...fields: readonly Field[]): FieldType => arrayOf(struct(...fields));
export const arrayOf = (of: FieldType): FieldType => ({ kind: 'array', of });

function range(versions: Versions): VersionRange {
  if (versions.endsWith('+')) return { from: Number(versions.slice(0, -1)), to: Infinity };
  const [from, to = from] = versions.split('-');
  return { from: Number(from), to: Number(to) };
}

export const isIn = (version: number, versions: VersionRange | null): boolean =>
  versions !== null && version >= versions.from && version <= versions.to;

/** A request or a response of one API, or a message that is embedded in one. */
export interface Message {
  /** The versions that are known. */
  readonly versions: VersionRange;
  /** First version with compact lengths and tagged fields; Infinity where there is none. */
  readonly flexibleFrom: number;
  readonly fields: readonly Field[];
}

/**
 * A message of these versions.
 *
 * @param flexible the versions that are flexible; null where none is.
 */
export const message = (
  versions: Versions,
  flexible: Versions | null,
  fields: readonly Field[],
): Message => ({
  versions: range(versions),
  flexibleFrom: flexible === null ? Infinity : range(flexible).from,
  fields,
});

export interface Api {
  readonly name: string;
  readonly key: number;
  /** Null where it is never read. */
  readonly request: Message | null;
  readonly response: Message;
}
