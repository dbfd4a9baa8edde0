import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { dockerEnvironment } from '../../server/broker/docker-broker.ts';
import { DEFAULT_KAFKA_VERSION } from '../../server/settings.ts';

const file = readFileSync(new URL('../../compose.yaml', import.meta.url), 'utf8');
const { services } = parse(file) as { readonly services: unknown };

describe('compose.yaml', () => {
  it('starts the broker that is started in Docker for a run, on loopback', () => {
    expect(services).toEqual({
      kafka: {
        image: `apache/kafka:${DEFAULT_KAFKA_VERSION}`,
        ports: ['127.0.0.1:9092:9092'],
        environment: dockerEnvironment({}, 9092),
      },
    });
  });
});
