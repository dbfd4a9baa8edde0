import type { Assignor, BrokerAssignor } from './assignor.ts';
import { brokerRange } from './broker-range.ts';
import { kafkajsRoundRobin } from './kafkajs-round-robin.ts';
import { cooperativeSticky } from './cooperative-sticky.ts';
import { LIBRDKAFKA_ASSIGNORS } from './librdkafka.ts';
import { range } from './range.ts';
import { roundRobin } from './round-robin.ts';
import { sticky } from './sticky.ts';
import { uniform } from './uniform.ts';

/** The client-side assignors that are simulated, by their name on the wire. */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map(
  [range, roundRobin, sticky, cooperativeSticky, kafkajsRoundRobin].map((assignor) => [
    assignor.name,
    assignor,
  ]),
);

/** The broker-side assignors, by their name in `group.remote.assignor`. */
export const BROKER_ASSIGNORS: ReadonlyMap<string, BrokerAssignor> = new Map(
  [uniform, brokerRange].map((assignor) => [assignor.name, assignor]),
);

export { LIBRDKAFKA_ASSIGNORS };
