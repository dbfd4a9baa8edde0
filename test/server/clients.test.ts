import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeClient } from '../../server/members/clients.ts';

describe('describeClient', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['java', /Java was not found.* JDK 17 .* Maven/],
    ['librdkafka', /Python 3\.9 .* not found.* python3-venv/],
  ] as const)('says what %s members lack, and how to get it', async (client, text) => {
    vi.stubEnv('PATH', '/nonexistent');
    vi.stubEnv('JAVA_HOME', '/nonexistent');
    const lacking = await describeClient(client);
    expect(lacking).toMatchObject({ client, isAvailable: false });
    expect(lacking.text).toMatch(text);
    expect(lacking.text).toContain('or play the members by another client');
  });

  it('has kafkajs wherever the playground is', async () => {
    vi.stubEnv('PATH', '/nonexistent');
    const text = 'kafkajs 2.2.4, comes with the playground.';
    expect(await describeClient('kafkajs')).toEqual({ client: 'kafkajs', isAvailable: true, text });
  });
});
