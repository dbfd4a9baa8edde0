import { WireProblem, WireReader, WireWriter } from './bytes.ts';
import { isIn, type Field, type FieldType, type Message } from './schema.ts';

/**
 * A value of a message. 64-bit numbers are numbers where a number can hold them, else text; uuids
 * are text in Kafka's base64; bytes are views of what was decoded.
 */
export type WireValue =
  null | boolean | number | string | Uint8Array | readonly WireValue[] | WireBody;

/** The fields of a message by name, only those that its version has. */
export interface WireBody {
  readonly [name: string]: WireValue;
}

export type Decoded<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly problem: string };

/**
 * Tagged fields that the table does not know, kept so that nothing is lost when the message is
 * written again.
 */
const UNKNOWN_TAGS = 'unknownTaggedFields';

/** What was read, or why not. Bugs are thrown on. */
export function attempt<Value>(read: () => Value): Decoded<Value> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (error instanceof WireProblem) return { ok: false, problem: error.message };
    throw error;
  }
}

/** @throws WireProblem for a version that is not known, or bytes that do not fit. */
export function readBody(message: Message, version: number, reader: WireReader): WireBody {
  return readStruct(message.fields, layoutOf(message, version), reader);
}

/**
 * Writes a body; fields that are not given get their defaults.
 *
 * @throws WireProblem for a version that is not known, or a value that does not fit its field.
 */
export function writeBody(
  message: Message,
  version: number,
  body: WireBody,
  writer: WireWriter,
): void {
  writeStruct(message.fields, layoutOf(message, version), body, writer);
}

/** How fields of one version are laid out. */
interface Layout {
  readonly version: number;
  readonly isFlexible: boolean;
}

function layoutOf({ versions, flexibleFrom }: Message, version: number): Layout {
  if (!isIn(version, versions)) throw new WireProblem(`version ${version} is not known`);
  return { version, isFlexible: version >= flexibleFrom };
}

function readStruct(fields: readonly Field[], layout: Layout, reader: WireReader): WireBody {
  const body: Record<string, WireValue> = {};
  for (const field of fields) {
    if (field.tag === null && isIn(layout.version, field.versions)) {
      body[field.name] = readField(field, layout, reader);
    }
  }
  if (layout.isFlexible) readTagged(fields, layout, reader, body);
  return body;
}

function readTagged(
  fields: readonly Field[],
  layout: Layout,
  reader: WireReader,
  body: Record<string, WireValue>,
): void {
  const unknown: WireBody[] = [];
  for (let left = reader.uvarint(); left > 0; left -= 1) {
    const tag = reader.uvarint();
    const bytes = reader.take(reader.uvarint());
    const field = fields.find((known) => known.tag === tag && isIn(layout.version, known.versions));
    if (field === undefined) {
      unknown.push({ tag, bytes });
    } else {
      const inner = new WireReader(bytes);
      body[field.name] = readField(field, layout, inner);
      if (inner.leftCount > 0) throw new WireProblem(`${field.name}: bytes left over`);
    }
  }
  if (unknown.length > 0) body[UNKNOWN_TAGS] = unknown;
}

function readField(field: Field, layout: Layout, reader: WireReader): WireValue {
  const value = readValue(field.type, isIn(layout.version, field.nullable), layout, reader);
  refuseNull(value, field, layout);
  return value;
}

function refuseNull(value: WireValue, field: Field, { version }: Layout): void {
  if (value === null && !isIn(version, field.nullable)) {
    throw new WireProblem(`${field.name} is null`);
  }
}

function readValue(
  type: FieldType,
  isNullable: boolean,
  layout: Layout,
  reader: WireReader,
): WireValue {
  if (typeof type !== 'string') {
    if (type.kind === 'array') return readArray(type.of, layout, reader);
    if (isNullable && reader.int8() < 0) return null;
    return readStruct(type.fields, layout, reader);
  }
  switch (type) {
    case 'bool':
      return reader.int8() !== 0;
    case 'int8':
      return reader.int8();
    case 'int16':
      return reader.int16();
    case 'int32':
      return reader.int32();
    case 'int64':
      return toNumber(reader.int64());
    case 'uuid':
      return reader.take(16).toString('base64url');
    case 'string': {
      const count = layout.isFlexible ? reader.uvarint() - 1 : reader.int16();
      return count < 0 ? null : reader.text(count);
    }
    case 'bytes': {
      const count = readLength(layout, reader);
      return count < 0 ? null : reader.take(count);
    }
  }
}

const readLength = ({ isFlexible }: Layout, reader: WireReader): number =>
  isFlexible ? reader.uvarint() - 1 : reader.int32();

function readArray(of: FieldType, layout: Layout, reader: WireReader): WireValue {
  const count = readLength(layout, reader);
  if (count < 0) return null;
  // An element takes a byte at least.
  if (count > reader.leftCount) {
    throw new WireProblem(`${count} elements in ${reader.leftCount} bytes`);
  }
  const values: WireValue[] = [];
  for (let index = 0; index < count; index += 1) {
    const value = readValue(of, false, layout, reader);
    if (value === null) throw new WireProblem('an element is null');
    values.push(value);
  }
  return values;
}

function toNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function writeStruct(
  fields: readonly Field[],
  layout: Layout,
  body: WireBody,
  writer: WireWriter,
): void {
  for (const field of fields) {
    if (field.tag === null && isIn(layout.version, field.versions)) {
      writeField(field, layout, body[field.name] ?? defaultOf(field, layout), writer);
    }
  }
  if (layout.isFlexible) writeTagged(fields, layout, body, writer);
}

function writeTagged(
  fields: readonly Field[],
  layout: Layout,
  body: WireBody,
  writer: WireWriter,
): void {
  const known = fields.flatMap((field) => {
    const value = body[field.name];
    if (field.tag === null || value === undefined) return [];
    if (!isIn(layout.version, field.versions)) return [];
    const inner = new WireWriter();
    writeField(field, layout, value, inner);
    return [{ tag: field.tag, bytes: inner.written }];
  });
  const unknown = asList(body[UNKNOWN_TAGS] ?? []).map((value) => {
    const { tag, bytes } = asBody(value);
    return { tag: asNumber(tag), bytes: asBytes(bytes) };
  });
  const all = [...known, ...unknown].sort((a, b) => a.tag - b.tag);
  writer.uvarint(all.length);
  for (const { tag, bytes } of all) {
    writer.uvarint(tag);
    writer.uvarint(bytes.length);
    writer.raw(bytes);
  }
}

function defaultOf(field: Field, layout: Layout): WireValue {
  if (field.default !== null) return field.default;
  if (isIn(layout.version, field.nullable)) return null;
  if (typeof field.type !== 'string') return field.type.kind === 'array' ? [] : {};
  switch (field.type) {
    case 'bool':
      return false;
    case 'string':
      return '';
    case 'uuid':
      return 'AAAAAAAAAAAAAAAAAAAAAA';
    case 'bytes':
      return new Uint8Array();
    default:
      return 0;
  }
}

function writeField(field: Field, layout: Layout, value: WireValue, writer: WireWriter): void {
  refuseNull(value, field, layout);
  writeValue(field.type, isIn(layout.version, field.nullable), layout, value, writer);
}

function writeValue(
  type: FieldType,
  isNullable: boolean,
  layout: Layout,
  value: WireValue,
  writer: WireWriter,
): void {
  if (typeof type !== 'string') {
    if (type.kind === 'array') {
      writeArray(type.of, layout, value, writer);
    } else if (isNullable && value === null) {
      writer.int8(-1);
    } else {
      if (isNullable) writer.int8(1);
      writeStruct(type.fields, layout, asBody(value), writer);
    }
    return;
  }
  switch (type) {
    case 'bool':
      writer.int8(value === true ? 1 : 0);
      return;
    case 'int8':
      writer.int8(asNumber(value, 8));
      return;
    case 'int16':
      writer.int16(asNumber(value, 16));
      return;
    case 'int32':
      writer.int32(asNumber(value, 32));
      return;
    case 'int64':
      writer.int64(asBigInt(value));
      return;
    case 'uuid': {
      const bytes = Buffer.from(asText(value), 'base64url');
      if (bytes.length !== 16) throw new WireProblem(`"${asText(value)}" is no uuid`);
      writer.raw(bytes);
      return;
    }
    case 'string': {
      const bytes = value === null ? null : Buffer.from(asText(value), 'utf8');
      const count = bytes?.length ?? -1;
      if (layout.isFlexible) writer.uvarint(count + 1);
      else writer.int16(asNumber(count, 16));
      if (bytes !== null) writer.raw(bytes);
      return;
    }
    case 'bytes': {
      const bytes = value === null ? null : asBytes(value);
      writeLength(layout, bytes?.length ?? -1, writer);
      if (bytes !== null) writer.raw(bytes);
    }
  }
}

function writeLength({ isFlexible }: Layout, count: number, writer: WireWriter): void {
  if (isFlexible) writer.uvarint(count + 1);
  else writer.int32(count);
}

function writeArray(of: FieldType, layout: Layout, value: WireValue, writer: WireWriter): void {
  if (value === null) {
    writeLength(layout, -1, writer);
    return;
  }
  const values = asList(value);
  writeLength(layout, values.length, writer);
  for (const element of values) writeValue(of, false, layout, element, writer);
}

/** A whole number of a field that is one. */
export function asNumber(value: WireValue | undefined, bits = 32): number {
  const limit = 2 ** (bits - 1);
  if (typeof value === 'number' && Number.isInteger(value) && value >= -limit && value < limit) {
    return value;
  }
  throw misfit(value, `a number of ${bits} bits`);
}

function asBigInt(value: WireValue): bigint {
  const isWhole = typeof value === 'number' && Number.isInteger(value);
  if (isWhole || (typeof value === 'string' && /^-?\d+$/.test(value))) {
    const number = BigInt(value);
    if (BigInt.asIntN(64, number) === number) return number;
  }
  throw misfit(value, 'a number of 64 bits');
}

/** The text of a field that is text and not null. */
export function asText(value: WireValue | undefined): string {
  if (typeof value === 'string') return value;
  throw misfit(value, 'text');
}

export function asBytes(value: WireValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw misfit(value, 'bytes');
}

/** The elements of a field that is an array. */
export function asList(value: WireValue | undefined): readonly WireValue[] {
  // Array.isArray does not narrow to readonly arrays.
  if (Array.isArray(value)) return value as readonly WireValue[];
  throw misfit(value, 'an array');
}

/** The fields of a field that is a struct. */
export function asBody(value: WireValue | undefined): WireBody {
  if (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  ) {
    return value as WireBody; // What is left of the union; Array.isArray does not narrow it.
  }
  throw misfit(value, 'a struct');
}

const misfit = (value: WireValue | undefined, wanted: string): WireProblem =>
  new WireProblem(
    `${wanted} wanted, given ${value === undefined ? 'nothing' : JSON.stringify(value)}`,
  );
