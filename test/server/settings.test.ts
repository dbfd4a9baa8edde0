import { describe, expect, it } from 'vitest';
import { PlaygroundError } from '../../engine/index.ts';
import { readSettings } from '../../server/settings.ts';

describe('readSettings', () => {
  it('reads several brokers', () => {
    const settings = readSettings({ KAFKA_BROKERS: '127.0.0.1:9092, localhost:9093' });
    expect(settings.brokers).toEqual(['127.0.0.1:9092', 'localhost:9093']);
  });

  it('starts a broker of its own when none is named', () => {
    expect(readSettings({}).brokers).toBeNull();
  });

  it.each([
    ['a broker without a port', { KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS has "localhost"'],
    ['a port that is a word', { PORT: 'high' }, 'PORT is "high"'],
  ])('refuses %s', (_what, environment, problem) => {
    expect(() => readSettings(environment)).toThrow(PlaygroundError);
    expect(() => readSettings(environment)).toThrow(problem);
  });
});
