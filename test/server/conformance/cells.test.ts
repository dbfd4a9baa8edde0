import { describe, expect, it } from 'vitest';
import { cellOf, ownClientOf } from '../../../server/conformance/cells.ts';
import { RECORDING_NAMES, readCase } from '../../support/recordings.ts';

const cell = (name: string, ...rest: [Parameters<typeof cellOf>[1], string]) =>
  cellOf(readCase(name).scenario, ...rest);

describe('cellOf', () => {
  it.each(RECORDING_NAMES)('has every recorded scenario run by its own client: %s', (name) => {
    const own = ownClientOf(readCase(name).scenario);
    expect(own).not.toBeNull();
    if (own !== null) expect(cell(name, own, '4.3.1').type).toBe('runnable');
  });

  it('replaces a plain assignor by the client’s own', () => {
    const found = cell('eager-join', 'kafkajs', '4.3.1');
    if (found.type !== 'runnable') throw new Error(found.reason);
    expect(found.scenario.members.map(({ client }) => client)).toEqual(Array(3).fill('kafkajs'));
  });

  it.each([
    ['consumer-protocol-join', 'java', '3.9.1', 'KIP-848 is for production since Kafka 4.0'],
    ['consumer-protocol-join', 'kafkajs', '4.3.1', 'kafkajs has no group.protocol'],
    ['consumer-protocol-join', 'librdkafka', '4.3.1', /simulated for java, not for librdkafka$/],
    ['cooperative-join', 'kafkajs', '4.3.1', 'kafkajs has no cooperative-sticky assignor'],
    ['sticky-join', 'librdkafka', '4.3.1', 'librdkafka has no sticky assignor'],
    ['inconsistent-protocols', 'kafkajs', '4.3.1', 'kafkajs has only one assignor'],
    ['static-restart', 'kafkajs', '4.3.1', 'kafkajs has no group.instance.id'],
    ['stall-past-max-poll', 'kafkajs', '4.3.1', 'kafkajs has no max.poll.interval.ms'],
    ['commit-failed', 'kafkajs', '4.3.1', 'kafkajs has no call for commit'],
  ] as const)('does not apply: %s by %s on %s', (name, client, kafka, reason) => {
    const found = cell(name, client, kafka);
    expect(found).toEqual({
      type: 'notApplicable',
      reason: typeof reason === 'string' ? reason : (expect.stringMatching(reason) as string),
    });
  });

  it('knows classic groups on brokers before 4.0', () => {
    expect(cell('eager-join', 'java', '3.9.1').type).toBe('runnable');
  });
});
