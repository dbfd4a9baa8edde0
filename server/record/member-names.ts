import type { Exchange } from '../wire/exchange.ts';
import type { Printed } from '../wire/printed.ts';

/** An exchange and the connection that it came by. */
export interface Heard {
  readonly exchange: Exchange;
  readonly connection: number;
}

/**
 * Names for members of programs that nobody has named: the client id, and where several run at the
 * same time under one, a number behind it.
 *
 * A member keeps its name over new member ids as long as its connection lasts, and over a restart:
 * who joins under a client id takes the name of one that has no connection any more.
 */
export class MemberNames {
  readonly #byMemberId = new Map<string, string>();
  readonly #byConnection = new Map<number, string>();
  readonly #closed = new Set<number>();
  readonly #byClientId = new Map<string, string[]>();

  /**
   * Who an exchange was of; null where neither its ids nor its connection tell. Who joins gets a
   * name here.
   */
  hear(heard: Heard): string | null {
    const { api, clientId } = heard.exchange;
    const isJoining = api === 'JoinGroup' || api === 'ConsumerGroupHeartbeat';
    const name = this.#known(heard) ?? (isJoining ? this.#newName(clientId ?? '') : null);
    if (name === null) return null;
    if (api === 'LeaveGroup' && !this.#isOwn(heard, name)) return null;
    this.bind(heard.connection, name);
    for (const id of memberIdsIn(heard.exchange)) this.#byMemberId.set(id, name);
    return name;
  }

  /** From now on what comes by this connection is of that member. */
  bind(connection: number, name: string): void {
    if (!this.#closed.has(connection)) this.#byConnection.set(connection, name);
  }

  onClosed(connection: number): void {
    this.#closed.add(connection);
    this.#byConnection.delete(connection);
  }

  /** An admin may send it too, to remove somebody. */
  #isOwn({ exchange, connection }: Heard, name: string): boolean {
    const isBound = this.#byConnection.get(connection) === name;
    return isBound || this.#byClientId.get(exchange.clientId ?? '')?.includes(name) === true;
  }

  #known({ exchange, connection }: Heard): string | null {
    for (const id of memberIdsIn(exchange)) {
      const name = this.#byMemberId.get(id);
      if (name !== undefined) return name;
    }
    return this.#byConnection.get(connection) ?? null;
  }

  #newName(clientId: string): string {
    const names = this.#byClientId.get(clientId) ?? [];
    const connected = new Set(this.#byConnection.values());
    const free = names.find((name) => !connected.has(name));
    if (free !== undefined) return free;
    const base = printable(clientId);
    const taken = new Set([...this.#byClientId.values()].flat());
    let name = base;
    for (let number = 2; taken.has(name); number += 1) name = `${base}.${number}`;
    this.#byClientId.set(clientId, [...names, name]);
    return name;
  }
}

/** As much of a client id as the name of a member may hold. */
const printable = (clientId: string): string =>
  clientId
    .replace(/[^A-Za-z0-9._-]/g, '_')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 56) || 'member';

/** The ids of the one member that an exchange is of. */
function memberIdsIn({ request, response }: Exchange): readonly string[] {
  const places = [request, response, firstOf(request['members']), firstOf(request['groups'])];
  return places.flatMap((place) => {
    const id = place?.['memberId'];
    return typeof id === 'string' && id !== '' ? [id] : [];
  });
}

type Fields = Readonly<Record<string, Printed>>;

/** The first struct of an array, where there is one. */
export function firstOf(value: Printed | undefined): Fields | null {
  return structsOf(value)[0] ?? null;
}

/** The structs of an array; none where it is something else. */
export const structsOf = (value: Printed | undefined): readonly Fields[] =>
  // Array.isArray does not narrow to readonly arrays; those that are asked for hold structs.
  Array.isArray(value) ? (value as readonly Fields[]) : [];
