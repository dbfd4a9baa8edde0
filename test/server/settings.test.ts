import { describe, expect, it } from 'vitest';
import { PlaygroundError } from '../../engine/index.ts';
import { readSettings, withKafkaVersion } from '../../server/settings.ts';

describe('readSettings', () => {
  it('reads several brokers', () => {
    const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:9092, localhost:9093' });
    expect(settings.brokers).toEqual(['127.0.0.1:9092', 'localhost:9093']);
  });

  it('starts a broker of its own when none is named', () => {
    expect(readSettings({}).brokers).toBeNull();
  });

  it('reads which Kafka a broker of its own is', () => {
    expect(readSettings({ KAFKA_VERSION: '3.9.1' }).kafkaVersion).toBe('3.9.1');
  });

  it.each([
    ['a broker without a port', { KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS has "localhost"'],
    ['a version that is a word', { KAFKA_VERSION: 'latest' }, 'KAFKA_VERSION is "latest"'],
    ['a version without KRaft', { KAFKA_VERSION: '3.2.3' }, 'need ZooKeeper'],
    ['a port that is a word', { PORT: 'high' }, 'PORT is "high"'],
  ])('refuses %s', (_what, environment, problem) => {
    expect(() => readSettings(environment)).toThrow(PlaygroundError);
    expect(() => readSettings(environment)).toThrow(problem);
  });
});

describe('withKafkaVersion', () => {
  it('goes before the environment', () => {
    const settings = readSettings({ KAFKA_VERSION: '3.9.1' });
    expect(withKafkaVersion(settings, '4.1.1').kafkaVersion).toBe('4.1.1');
    expect(withKafkaVersion(settings, undefined)).toBe(settings);
  });

  it('refuses to choose the version of somebody else’s broker', () => {
    const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:9092' });
    expect(() => withKafkaVersion(settings, '4.1.1')).toThrow(/4\.1\.1, and KAFKA_BROKERS/);
  });
});
