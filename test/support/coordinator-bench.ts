import { existing } from '../../engine/assert.ts';
import type { ConsumerGroup } from '../../engine/coordinator/consumer-group/consumer-group.ts';
import { onRequest, onTimer } from '../../engine/coordinator/coordinator.ts';
import type { GroupEffect, GroupTimer } from '../../engine/coordinator/effects.ts';
import type { ConsumerGroupSettings } from '../../engine/coordinator/settings.ts';
import { newCoordinator, withTopics, type Coordinator } from '../../engine/coordinator/state.ts';
import type { CoordinatorFact } from '../../engine/protocol/facts.ts';
import { asMemberId, asMemberName } from '../../engine/protocol/ids.ts';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  GroupRequest,
  GroupResponse,
} from '../../engine/protocol/messages.ts';
import {
  printPartition,
  readPartition,
  type TopicPartition,
} from '../../engine/protocol/partitions.ts';
import { A_GROUP_ID, SETTINGS } from './builders.ts';

/** `orders-0 orders-1` as partitions; none for an empty text. */
export const partitions = (text: string): readonly TopicPartition[] =>
  text
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => existing(readPartition(name), name));

export const printAll = (list: readonly TopicPartition[]): string =>
  list.map(printPartition).join(' ');

export const CONSUMER_SETTINGS: ConsumerGroupSettings = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 5_000,
  maxSize: 2_147_483_647,
  assignmentIntervalMs: 0,
  assignors: ['range', 'uniform'],
  migrationPolicy: 'bidirectional',
};

type Answer<Request extends GroupRequest> = Extract<
  GroupResponse,
  { type: Request['type'] extends `${infer Api}Request` ? `${Api}Response` : never }
>;

/** A coordinator that is asked one thing after another; members go by their id as name. */
export class CoordinatorBench {
  coordinator: Coordinator;
  nowMs = 0;
  /** Of the last request or timer. */
  effects: readonly GroupEffect[] = [];
  readonly facts: CoordinatorFact[] = [];

  constructor(
    counts: Readonly<Record<string, number>> = { orders: 6 },
    settings: Partial<ConsumerGroupSettings> = {},
  ) {
    const all = { ...SETTINGS, consumer: { ...CONSUMER_SETTINGS, ...settings } };
    this.coordinator = newCoordinator(A_GROUP_ID, all, topicsOf(counts));
  }

  /** Sends a request and returns what it is answered; the answer must come at once. */
  ask<Request extends GroupRequest>(request: Request, name = 'somebody'): Answer<Request> {
    const client = { name: asMemberName(name), incarnation: 1 };
    const parked = { client, correlationId: 0 };
    const freshId = asMemberId(`fresh-${name}`);
    this.#take(onRequest(this.coordinator, request, parked, freshId, this.nowMs));
    const sent = this.effects.find((effect) => effect.type === 'send' && effect.to === client);
    const { message } = existing(sent?.type === 'send' ? sent : null, 'answer');
    // The type of an answer follows from that of its request.
    return message as Answer<Request>;
  }

  /** A heartbeat of the consumer protocol; the first of a member is a whole one. */
  beat(
    memberId: string,
    memberEpoch: number,
    parts: Partial<ConsumerGroupHeartbeatRequest> & { readonly owned?: string } = {},
  ): ConsumerGroupHeartbeatResponse {
    const { owned, ...rest } = parts;
    const isJoin = memberEpoch === 0;
    const request: ConsumerGroupHeartbeatRequest = {
      type: 'ConsumerGroupHeartbeatRequest',
      groupId: A_GROUP_ID,
      memberId: asMemberId(memberId),
      memberEpoch,
      groupInstanceId: null,
      rackId: null,
      rebalanceTimeoutMs: isJoin ? 300_000 : null,
      subscribedTopicNames: isJoin ? ['orders'] : null,
      serverAssignor: null,
      topicPartitions: owned === undefined ? (isJoin ? [] : null) : partitions(owned),
      ...rest,
    };
    return this.ask(request, memberId);
  }

  /** `epoch: partitions`, `epoch: -` for nothing new, or the error code. */
  told(...args: Parameters<CoordinatorBench['beat']>): string {
    const { errorCode, memberEpoch, assignment } = this.beat(...args);
    if (errorCode !== 'NONE') return errorCode;
    return `${memberEpoch}: ${assignment === null ? '-' : printAll(assignment)}`.trim();
  }

  fire(kind: GroupTimer['kind'], memberId: string): this {
    const timer = { kind, memberId: asMemberId(memberId) };
    this.#take(onTimer(this.coordinator, timer, this.nowMs));
    return this;
  }

  setTopics(counts: Readonly<Record<string, number>>): this {
    this.coordinator = withTopics(this.coordinator, topicsOf(counts));
    return this;
  }

  get group(): ConsumerGroup {
    const { group } = this.coordinator;
    if (group?.protocol !== 'consumer') throw new Error('it is no consumer group');
    return group;
  }

  /** State and epoch, such as `Stable 3`; of a classic group its generation. */
  get state(): string {
    const { group } = this.coordinator;
    if (group === null) return 'none';
    return group.protocol === 'consumer'
      ? `${group.state} ${group.groupEpoch}`
      : `classic ${group.state} ${group.generationId}`;
  }

  /** A member's state, epoch and partitions: `STABLE 3: orders-0`. */
  member(memberId: string): string {
    const { state, memberEpoch, assigned } = existing(
      this.group.members.get(asMemberId(memberId)),
      memberId,
    );
    return `${state} ${memberEpoch}: ${printAll(assigned)}`.trim();
  }

  /** Timers that the last request started (`+`) and stopped (`-`), by kind and member. */
  get timers(): readonly string[] {
    return this.effects.flatMap((effect) => {
      if (effect.type === 'startTimer') {
        return [`+${effect.timer.kind} ${effect.timer.memberId ?? ''} ${effect.afterMs}`];
      }
      return effect.type === 'stopTimer'
        ? [`-${effect.timer.kind} ${effect.timer.memberId ?? ''}`]
        : [];
    });
  }

  #take({ coordinator, effects }: ReturnType<typeof onTimer>): void {
    this.coordinator = coordinator;
    this.effects = effects;
    for (const effect of effects) if (effect.type === 'note') this.facts.push(effect.note);
  }
}

const topicsOf = (counts: Readonly<Record<string, number>>) =>
  new Map(
    Object.entries(counts).map(([name, partitionCount], index) => [
      name,
      { topicId: `${'ABCDEFGH'.charAt(index)}AAAAAAAAAAAAAAAAAAAAA`, partitionCount },
    ]),
  );
