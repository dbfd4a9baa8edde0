import { hasSetting } from '../protocol/config.ts';
import { groupProtocolOf } from '../scenarios/member-settings.ts';
import type { Scenario, ScenarioMember } from '../scenarios/scenario.ts';

/** A place where two outcomes differ, such as `callbacks.C2` or `generations[1].assignment`. */
export interface Found {
  readonly path: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** A freedom that Kafka has, or a client's lack: the only things that are allowed to differ. */
export interface Rule {
  readonly name: string;
  readonly reason: string;
}

/** Every rule there is; nothing else may differ. */
const RULES = {
  variesBetweenRuns: {
    name: 'varies-between-runs',
    reason: 'recorded runs of this scenario differed here among themselves',
  },
  clientWithoutListener: {
    name: 'client-without-listener',
    reason: 'kafkajs has no revoked and lost callbacks; only the assigned ones are compared',
  },
  clientWithoutAssignor: {
    name: 'client-without-assignor',
    reason: 'kafkajs has none of Kafka’s assignors, and deals by its own',
  },
  otherGroupProtocol: {
    name: 'other-group-protocol',
    reason:
      'one run is of a classic group, the other of a KIP-848 group, which has epochs for generations and ConsumerGroupHeartbeat for JoinGroup, SyncGroup and Heartbeat',
  },
  hashOrderOfIds: {
    name: 'hash-order-of-ids',
    reason:
      'an assignor goes by the hash order of random ids, and either run is what is simulated with its ids',
  },
  orderOfMetadata: {
    name: 'order-of-metadata',
    reason:
      'kafkajs deals partitions in the order of the answer to Metadata, which is by number since Kafka 4.3, and either run is what is simulated with its version',
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** What is known of two runs that decides what may differ between them. */
export interface Freedoms {
  readonly varies: ReadonlySet<string>;
  /** Null where a run is known by its outcome only; then no rule about clients applies. */
  readonly left: Scenario | null;
  readonly right: Scenario | null;
  readonly simulated: SimulatedDifferences;
}

/** What two simulations of a scenario differ in that have the circumstances of either run. */
export interface SimulatedDifferences {
  /** Its ids, on one version of Kafka. */
  readonly byIds: readonly Found[];
  /** Its ids and its version of Kafka. */
  readonly byIdsAndVersions: readonly Found[];
}

export const NO_DIFFERENCES: SimulatedDifferences = { byIds: [], byIdsAndVersions: [] };

/** The rule that allows a difference; null for a divergence. */
export function ruleFor(found: Found, freedoms: Freedoms): Rule | null {
  const { varies, simulated } = freedoms;
  const withoutIndex = found.path.replace(/\[\d+\]/g, '');
  if (varies.has(found.path) || varies.has(withoutIndex)) return RULES.variesBetweenRuns;
  const byClients = ruleOfClients(found, freedoms);
  if (byClients !== null) return byClients;
  if (isAmong(found, simulated.byIds)) return RULES.hashOrderOfIds;
  return isAmong(found, simulated.byIdsAndVersions) ? RULES.orderOfMetadata : null;
}

const isAmong = (found: Found, others: readonly Found[]): boolean =>
  others.some(
    ({ path, left, right }) =>
      path === found.path && isSame(left, found.left) && isSame(right, found.right),
  );

function ruleOfClients(found: Found, { left, right }: Freedoms): Rule | null {
  const [part = '', name] = found.path.split('.');
  const members = (scenario: Scenario | null): readonly ScenarioMember[] => scenario?.members ?? [];
  const named = [...members(left), ...members(right)].filter((member) => member.name === name);
  const isGenerations = part.startsWith('generations');
  if (part === 'callbacks' && named.some(({ client }) => client === 'kafkajs')) {
    const isSameAssigned = isSame(onlyAssigned(found.left), onlyAssigned(found.right));
    return isSameAssigned ? RULES.clientWithoutListener : null;
  }
  if (left === null || right === null) return null;
  const isOtherProtocol = isConsumerGroup(left) !== isConsumerGroup(right);
  if (isGenerations && isOtherProtocol) return RULES.otherGroupProtocol;
  if (part === 'errors' && isOtherProtocol && isSame(shared(found.left), shared(found.right))) {
    return RULES.otherGroupProtocol;
  }
  const isAssignor = isGenerations && name === 'protocolName';
  return isAssignor && hasAssignors(left) !== hasAssignors(right)
    ? RULES.clientWithoutAssignor
    : null;
}

const isConsumerGroup = ({ members }: Scenario): boolean =>
  members.every((member) => groupProtocolOf(member) === 'consumer');

const hasAssignors = ({ members }: Scenario): boolean =>
  members.some(({ client }) => hasSetting(client, 'partition.assignment.strategy'));

/** Errors of APIs that both group protocols have. */
const shared = (errors: unknown): readonly unknown[] =>
  Array.isArray(errors)
    ? errors.filter(
        (error) => !/^(JoinGroup|SyncGroup|Heartbeat|ConsumerGroupHeartbeat) /.test(String(error)),
      )
    : [];

/** The assigned calls of a list of calls; anything else as it is. */
function onlyAssigned(calls: unknown): unknown {
  if (!Array.isArray(calls)) return calls;
  return calls.filter(
    (call: unknown) =>
      call !== null &&
      typeof call === 'object' &&
      'callback' in call &&
      call.callback === 'assigned',
  );
}

/** Plain JSON values; keys of objects may stand in any order. */
export function isSame(left: unknown, right: unknown): boolean {
  return printSorted(left) === printSorted(right);
}

const printSorted = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
