import type { KafkaConfig, SASLOptions } from 'kafkajs';
import type { Security } from '../security.ts';

/** The part of kafkajs's options by which it speaks to a broker as that wants. */
export function kafkajsOptions({ tls, sasl }: Security): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  return {
    ...(tls === null ? {} : { ssl: tls }),
    // kafkajs has the same mechanisms in small letters.
    ...(sasl === null
      ? {}
      : { sasl: { ...sasl, mechanism: sasl.mechanism.toLowerCase() } as SASLOptions }),
  };
}
