import fc from 'fast-check';
import type { WireBody, WireValue } from '../../../server/wire/codec.ts';
import { isIn, type Field, type FieldType, type Message } from '../../../server/wire/schema.ts';

/** Any body of that version, with tagged fields that are there or not, known or unknown. */
export const aBody = (message: Message, version: number): fc.Arbitrary<WireBody> =>
  aStruct(message.fields, version, version >= message.flexibleFrom);

/** Each version of a message. */
export const versionsOf = ({ versions }: Message): readonly number[] =>
  Array.from({ length: versions.to - versions.from + 1 }, (_, index) => versions.from + index);

function aStruct(
  fields: readonly Field[],
  version: number,
  isFlexible: boolean,
): fc.Arbitrary<WireBody> {
  const present = fields.filter(({ versions }) => isIn(version, versions));
  const [tagged, plain] = [
    present.filter(({ tag }) => tag !== null),
    present.filter(({ tag }) => tag === null),
  ];
  const model = Object.fromEntries(
    present.map((field) => [field.name, aField(field, version, isFlexible)]),
  );
  const known = fc.record(model, { requiredKeys: plain.map(({ name }) => name) });
  if (!isFlexible) return known;
  const unknown = fc.array(
    fc.record({ tag: fc.integer({ min: tagged.length, max: 200 }), bytes: someBytes() }),
    { minLength: 1, maxLength: 2 },
  );
  const byTag = unknown.map((list) => [...list].sort((a, b) => a.tag - b.tag));
  return fc
    .tuple(known, fc.option(byTag))
    .map(([body, list]) => (list === null ? body : { ...body, unknownTaggedFields: list }));
}

const someBytes = (): fc.Arbitrary<Uint8Array> =>
  // The codec gives Buffers.
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));

function aField(field: Field, version: number, isFlexible: boolean): fc.Arbitrary<WireValue> {
  const value = aValue(field.type, version, isFlexible);
  return isIn(version, field.nullable) ? fc.option(value) : value;
}

function aValue(type: FieldType, version: number, isFlexible: boolean): fc.Arbitrary<WireValue> {
  if (typeof type !== 'string') {
    return type.kind === 'array'
      ? fc.array(aValue(type.of, version, isFlexible), { maxLength: 3 })
      : aStruct(type.fields, version, isFlexible);
  }
  switch (type) {
    case 'bool':
      return fc.boolean();
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f });
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()));
    case 'uuid':
      return fc
        .uint8Array({ minLength: 16, maxLength: 16 })
        .map((bytes) => Buffer.from(bytes).toString('base64url'));
    case 'string':
      return fc.string({ unit: 'grapheme', maxLength: 150 });
    case 'bytes':
      return someBytes();
  }
}
