import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeBroker } from '../../server/broker/choose-broker.ts';
import { howToInstall } from '../../server/install.ts';
import { describeClient, launchOf } from '../../server/members/clients.ts';
import { readSettings } from '../../server/settings.ts';

describe('where nothing is installed', () => {
  beforeEach(() => {
    vi.stubEnv('PATH', '/nonexistent');
    vi.stubEnv('JAVA_HOME', '/nonexistent');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each([
    ['java', ['jdk', 'maven'], /Java was not found.* JDK 17 .* Maven \(mvn\) was not found/],
    ['librdkafka', ['python'], /Python 3\.9 .* not found/],
  ] as const)(
    '%s members are offered with the one command that installs all they lack',
    async (client, [first, ...others], problem) => {
      const remedy = `${howToInstall([first, ...others])}, or play the members by another client.`;
      const lacking = await describeClient(client);
      expect(lacking).toMatchObject({ client, isAvailable: false });
      expect(lacking.text).toMatch(problem);
      expect(lacking.text).toContain(remedy);
      const refusal = { code: 'client-missing', remedy };
      await expect(launchOf(client, () => undefined)).rejects.toMatchObject(refusal);
    },
  );

  it('a broker is offered with the command too', async () => {
    const { kind, text } = await describeBroker(readSettings({}));
    expect(kind).toBe('none');
    expect(text).toContain(
      `${howToInstall(['jdk', 'maven'])}, start Docker, or set KAFKA_BROKERS to a broker you have.`,
    );
  });

  it('kafkajs members are there all the same', async () => {
    const text = 'kafkajs 2.2.4, comes with the playground.';
    expect(await describeClient('kafkajs')).toEqual({ client: 'kafkajs', isAvailable: true, text });
  });
});
