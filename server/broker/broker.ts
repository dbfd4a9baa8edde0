import type { Scenario } from '../../engine/index.ts';
import type { Security } from '../security.ts';

/** A broker that members can be run on. */
export interface Broker {
  readonly kind: 'foreign' | 'maven' | 'docker';
  /** `host:port` of each. */
  readonly addresses: readonly string[];
  readonly security: Security;
  /** Kafka's version, or "unknown" for a broker of somebody else. */
  readonly version: string;
  /**
   * Has it stop cleanly and come back so many milliseconds later, with what it has kept; returns at
   * once. Null for a broker that is not ours to stop.
   */
  readonly restart: ((downMs: number) => void) | null;
  /** Is aborted, with a PlaygroundError, when it ends without being told; null where nobody can say. */
  readonly failed: AbortSignal | null;
  /** Ends it and removes what it kept; nothing to do for a broker of somebody else. */
  readonly stop: () => Promise<void>;
}

/** Broker settings by Kafka's key. */
export type BrokerConfig = Readonly<Record<string, string>>;

/** How many brokers a run of a scenario takes: a coordinator moves to another of three. */
export const brokerCountOf = ({ script }: Scenario): number =>
  script.some((command) => command.do === 'moveCoordinator') ? 3 : 1;

/**
 * What a broker for one machine needs, whoever starts it, and what lets members of a KIP-848 group
 * have short timeouts.
 */
export const SINGLE_BROKER_CONFIG: BrokerConfig = {
  'offsets.topic.num.partitions': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.num.partitions': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.consumer.min.session.timeout.ms': '1000',
  'group.consumer.min.heartbeat.interval.ms': '500',
  'auto.create.topics.enable': 'false',
};
