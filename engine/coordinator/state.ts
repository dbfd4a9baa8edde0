import { PersistentMap } from '../persistent-map.ts';
import type { GroupId } from '../protocol/ids.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ConsumerGroup, Topics } from './consumer-group/consumer-group.ts';
import type { GroupEffect } from './effects.ts';
import type { CommittedOffsets } from './offsets.ts';
import type { CoordinatorSettings } from './settings.ts';

/** The broker in charge of one group: its members and its committed offsets. */
export interface Coordinator {
  readonly settings: CoordinatorSettings;
  readonly groupId: GroupId;
  /** Null until its first member makes it. */
  readonly group: ClassicGroup | ConsumerGroup | null;
  readonly committed: CommittedOffsets;
  readonly topics: Topics;
  /** It has just become the coordinator, and reads the group from the log. */
  readonly isLoading: boolean;
}

/** A coordinator after a transition, and what the transition asks for, in order. */
export interface CoordinatorStep {
  readonly coordinator: Coordinator;
  readonly effects: readonly GroupEffect[];
}

export const newCoordinator = (
  groupId: GroupId,
  settings: CoordinatorSettings,
  topics: Topics,
): Coordinator => ({
  settings,
  groupId,
  group: null,
  committed: PersistentMap.empty(),
  topics,
  isLoading: false,
});

/** The cluster's topics have changed; a group hears of it with the next heartbeat of any member. */
export const withTopics = (coordinator: Coordinator, topics: Topics): Coordinator => ({
  ...coordinator,
  topics,
});
