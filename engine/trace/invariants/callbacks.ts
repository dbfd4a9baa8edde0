import { memberOf, type MemberName } from '../../protocol/ids.ts';
import { printPartition } from '../../protocol/partitions.ts';
import type { EventOf } from '../events.ts';
import type { Breach, Check } from './invariant.ts';

/** A listener call returns before the next begins, and only a call that has begun returns. */
export const callbacksNest: Check = ({ events }) => {
  const open = new Map<string, string>();
  return events.flatMap((event): Breach[] => {
    const { actor, step } = event;
    const inCall = open.get(actor) ?? 'none';
    if (event.kind === 'memberExit') open.delete(actor);
    if (event.kind === 'callbackEntered') {
      open.set(actor, event.callback);
      if (inCall !== 'none') return [{ step, found: `${inCall} has not returned` }];
    }
    if (event.kind !== 'callbackLeft') return [];
    open.delete(actor);
    return inCall === event.callback ? [] : [{ step, found: `${inCall} is under way` }];
  });
};

/**
 * By what a listener was told before: revoked takes away what it has, lost all of it, and assigned
 * adds what it does not have. kafkajs only tells the whole assignment, with assigned.
 *
 * A member of the consumer protocol that is fenced during a revoked call is told of those partitions once
 * more, as lost: its subscription has them until the call has ended, and so has the copy by which close()
 * goes.
 *
 * Source: AbstractMembershipManager#transitionToFenced, #revokeAndAssign; AsyncKafkaConsumer,
 * groupAssignmentSnapshot, #runRebalanceCallbacksOnClose; Kafka 4.3.1.
 */
export const callbacksFitWhatWasTold: Check = (trace) => {
  const told = new Map<string, ReadonlySet<string>>();
  const inRevoked = new Map<string, readonly string[]>();
  const tellsAll = new Set<MemberName | null>(
    trace.scenario.members.filter(({ client }) => client === 'kafkajs').map(({ name }) => name),
  );
  return trace.events.flatMap((event): Breach[] => {
    const { actor } = event;
    if (event.kind === 'memberExit') told.delete(actor);
    if (event.kind === 'callbackLeft') inRevoked.delete(actor);
    if (event.kind === 'memberState' && event.to === 'fenced') {
      told.set(actor, new Set([...(told.get(actor) ?? []), ...(inRevoked.get(actor) ?? [])]));
    }
    if (event.kind !== 'callbackEntered' || tellsAll.has(memberOf(actor))) return [];
    const before = told.get(actor) ?? new Set();
    told.set(actor, toldAfter(event, before));
    if (event.callback === 'revoked') inRevoked.set(actor, event.partitions.map(printPartition));
    const found = misfitOf(event, before);
    return found === null ? [] : [{ step: event.step, found }];
  });
};

function toldAfter(
  { callback, partitions }: EventOf<'callbackEntered'>,
  before: ReadonlySet<string>,
): ReadonlySet<string> {
  if (callback === 'lost') return new Set();
  const named = partitions.map(printPartition);
  if (callback === 'assigned') return new Set([...before, ...named]);
  return new Set([...before].filter((each) => !named.includes(each)));
}

function misfitOf(
  { callback, partitions }: EventOf<'callbackEntered'>,
  before: ReadonlySet<string>,
): string | null {
  const isNew = callback === 'assigned';
  const wrong = partitions.map(printPartition).find((each) => before.has(each) === isNew);
  if (wrong !== undefined) return `${callback} ${wrong}`;
  const isPart = callback === 'lost' && partitions.length < before.size;
  return isPart ? `lost ${partitions.length} of ${before.size}` : null;
}
