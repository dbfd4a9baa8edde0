import { existing } from '../../engine/assert.ts';
import { newMember, type Member, type MemberInput } from '../../engine/consumer/member.ts';
import { readMemberConfig } from '../../engine/consumer/profiles.ts';
import { stateOf } from '../../engine/consumer/step-machine.ts';
import { stepMember } from '../../engine/consumer/step-member.ts';
import type { MemberFact } from '../../engine/protocol/facts.ts';
import type { GroupRequest } from '../../engine/protocol/messages.ts';
import { printPartition } from '../../engine/protocol/partitions.ts';
import type { Command } from '../../engine/scenarios/scenario.ts';
import { A_GROUP_ID, aScenario } from './builders.ts';

type Answer = Extract<MemberInput, { type: 'response' }>['message'];
/** A command without the member it is for. */
type CommandParts = Record<string, unknown> & { readonly do: Command['do'] };

/** Plays one member by hand: gives it inputs, keeps what it asks for. */
export class MemberBench {
  member: Member;
  nowMs = 0;
  readonly requests: GroupRequest[] = [];
  readonly timers: string[] = [];
  readonly facts: MemberFact[] = [];
  readonly #correlationIds: number[] = [];

  constructor(client: 'java' | 'kafkajs' = 'java', parts: Parameters<typeof aScenario>[0] = {}) {
    const [scenarioMember] = aScenario({ client, ...parts }).members;
    const config = readMemberConfig({ ...existing(scenarioMember, 'member'), client }, A_GROUP_ID);
    this.member = newMember(config);
  }

  give(input: MemberInput): this {
    const { member, effects } = stepMember(this.member, input, this.nowMs, 0);
    this.member = member;
    for (const { effect } of effects) {
      if (effect.type === 'send') {
        this.requests.push(effect.message);
        this.#correlationIds.push(effect.correlationId);
      } else if (effect.type === 'startTimer') this.timers.push(effect.timer);
      else if (effect.type === 'note') this.facts.push(effect.note);
    }
    return this;
  }

  command(parts: CommandParts): this {
    const command = { member: this.member.config.name, ...parts } as unknown as Command;
    return this.give({ type: 'command', command });
  }

  /** Answers the last request of that kind, or the very last. */
  answer(message: Answer): this {
    const type = message.type.replace('Response', 'Request');
    const index = this.requests.findLastIndex((request) => request.type === type);
    const correlationId = existing(this.#correlationIds[index], type);
    return this.give({ type: 'response', correlationId, message });
  }

  /** The connection breaks under the last request. */
  disconnect(): this {
    const correlationId = existing(this.#correlationIds.at(-1), 'request');
    return this.give({ type: 'disconnected', correlationId, isUnreachable: false });
  }

  get state(): string {
    return stateOf(this.member.membership);
  }

  /** The number of the last request of that kind. */
  last(type: GroupRequest['type']): { readonly correlationId: number } {
    const index = this.requests.findLastIndex((request) => request.type === type);
    return { correlationId: existing(this.#correlationIds[index], type) };
  }

  /** The last request. */
  get asked(): GroupRequest {
    return existing(this.requests.at(-1), 'request');
  }

  /** Kinds of all facts so far. */
  get notes(): readonly string[] {
    return this.facts.map(({ kind }) => kind);
  }

  /** Listener calls so far, such as `revoked orders-0,orders-1`. */
  get callbacks(): readonly string[] {
    return this.facts.flatMap((fact) =>
      fact.kind === 'callbackEntered'
        ? [`${fact.callback} ${fact.partitions.map(printPartition).join(',')}`]
        : [],
    );
  }

  /** States gone through so far, from the first it left. */
  get path(): readonly string[] {
    return this.facts.flatMap((fact) => (fact.kind === 'memberState' ? [fact.to] : []));
  }
}
