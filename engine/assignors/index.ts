import type { Assignor } from './assignor.ts';
import { kafkajsRoundRobin } from './kafkajs-round-robin.ts';
import { range } from './range.ts';

/** The client-side assignors that are simulated, by their name on the wire. */
export const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map(
  [range, kafkajsRoundRobin].map((assignor) => [assignor.name, assignor]),
);
