import { GROUP_STATES, type GroupPoll } from '../../engine/index.ts';
import type { Security } from '../security.ts';
import type { Address } from '../wire/addresses.ts';
import { asBody, asList, asNumber, type WireBody } from '../wire/codec.ts';
import { ask, findCoordinator } from './ask.ts';

const GROUP_ID_NOT_FOUND = 69;

/** What an admin is told of a group, and when; times are from the start of the run. */
export type Polled = Omit<GroupPoll, 'atMs' | 'tookMs'>;

const NOBODY: Polled = { state: null, groupEpoch: null, memberCount: 0 };

/**
 * Describes a group as Admin#describeConsumerGroups does: by ConsumerGroupDescribe, and by
 * DescribeGroups where the coordinator has no KIP-848 group of that name.
 *
 * Source: DescribeConsumerGroupsHandler#handleError, Kafka 4.3.1.
 *
 * @param isConsumer whether there are members of the consumer protocol; others are asked for at once by
 *   DescribeGroups, which brokers before 4.0 know too.
 */
export async function describeGroup(
  broker: Address,
  security: Security,
  group: string,
  isConsumer: boolean,
): Promise<Polled> {
  try {
    const coordinator = await findCoordinator(broker, security, group);
    if (isConsumer) {
      const described = groupIn(
        await ask(coordinator, security, 'ConsumerGroupDescribe', 0, { groupIds: [group] }),
      );
      if (described['errorCode'] !== GROUP_ID_NOT_FOUND) {
        return { ...read(described), groupEpoch: asNumber(described['groupEpoch']) };
      }
    }
    const body = { groups: [group] };
    return read(groupIn(await ask(coordinator, security, 'DescribeGroups', 5, body)));
  } catch {
    // A broker that restarts tells nothing, which is what such a poll sees.
    return NOBODY;
  }
}

const groupIn = (body: WireBody): WireBody => asBody(asList(body['groups'])[0] ?? {});

function read({ groupState, members }: WireBody): Polled {
  const state = GROUP_STATES.find((known) => known === groupState) ?? null;
  return { state, groupEpoch: null, memberCount: asList(members).length };
}

/** Asks again and again until it is stopped; one question at a time. */
export class GroupPolls {
  readonly #timer: ReturnType<typeof setInterval>;
  #isAsking = false;
  #isOver = false;

  constructor(
    describe: () => Promise<Polled>,
    everyMs: number,
    startedMs: number,
    onPoll: (poll: GroupPoll) => void,
  ) {
    const poll = async (): Promise<void> => {
      if (this.#isAsking) return;
      this.#isAsking = true;
      const askedMs = Date.now();
      const polled = await describe();
      this.#isAsking = false;
      if (this.#isOver) return;
      const nowMs = Date.now();
      onPoll({ atMs: nowMs - startedMs, tookMs: nowMs - askedMs, ...polled });
    };
    this.#timer = setInterval(() => void poll(), everyMs);
  }

  stop(): void {
    this.#isOver = true;
    clearInterval(this.#timer);
  }
}
