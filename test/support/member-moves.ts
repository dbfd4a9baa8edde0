import { describeMachine, memberOf, type Trace } from '../../engine/index.ts';
import type { GroupProtocol } from '../../engine/protocol/config.ts';
import { groupProtocolOf } from '../../engine/scenarios/member-settings.ts';

const printMove = (from: string, event: string, to: string): string => `${from} ${event} ${to}`;

function movesOf(groupProtocol: GroupProtocol): ReadonlySet<string> {
  const { states, transitions } = describeMachine(groupProtocol);
  const moves = transitions.map(({ from, to, label }) =>
    printMove(from, label.split(' ')[0] ?? '', to),
  );
  const crashes = states.map(({ id }) => printMove(id, 'CRASH', 'crashed'));
  return new Set([...moves, ...crashes]);
}

const MOVES: Readonly<Record<GroupProtocol, ReadonlySet<string>>> = {
  classic: movesOf('classic'),
  consumer: movesOf('consumer'),
};

/** Moves of members, such as `C1: stable POLL joining`, that their XState machine does not have. */
export function strangeMoves({ scenario, events }: Trace): readonly string[] {
  const known = new Map<string | null, ReadonlySet<string>>(
    scenario.members.map((member) => [member.name, MOVES[groupProtocolOf(member)]]),
  );
  return events.flatMap((event) => {
    if (event.kind !== 'memberState') return [];
    const name = memberOf(event.actor);
    const move = printMove(event.from, event.event, event.to);
    return known.get(name)?.has(move) === true ? [] : [`${name ?? ''}: ${move}`];
  });
}
