import type { GroupState } from '../../protocol/facts.ts';
import type { Breach, Check } from './invariant.ts';

/** Where a classic group may go from each state. Source: ClassicGroupState, Kafka 4.3.1. */
const CLASSIC_MOVES: Readonly<Partial<Record<GroupState, readonly GroupState[]>>> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
};

/** The states that a consumer group has; any may follow any. Source: ConsumerGroupState. */
const CONSUMER_STATES: readonly GroupState[] = ['Empty', 'Assigning', 'Reconciling', 'Stable'];

/**
 * A group moves only as Kafka lets it. What is deduced of a recorded group may skip a state.
 *
 * Listed cases: a coordinator that has loaded a group with members from its log has it Stable at
 * once, and a consumer group becomes a classic one that is Stable.
 */
export const groupsMoveAsKafkaAllows: Check = ({ events }) =>
  events.flatMap((event): Breach[] => {
    if (event.kind !== 'groupState' || event.inferred) return [];
    const { from, to, step } = event;
    const isOfConsumers = CONSUMER_STATES.includes(from) && CONSUMER_STATES.includes(to);
    const isAllowed = from !== to && (isOfConsumers || CLASSIC_MOVES[from]?.includes(to) === true);
    return isAllowed ? [] : [{ step, found: `${from} to ${to}` }];
  });
