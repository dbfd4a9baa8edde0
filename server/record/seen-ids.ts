import type { RecordingHeader } from '../../engine/index.ts';
import type { Exchange } from '../wire/exchange.ts';
import { structsOf } from './member-names.ts';

/** The ids that the header of a recording tells, as requests and answers reveal them. */
export class SeenIds {
  readonly #memberIds = new Map<string, string[]>();
  readonly #topicIds = new Map<string, string>();

  /** For each member its ids in order of appearance. */
  get memberIds(): RecordingHeader['memberIds'] {
    return Object.fromEntries(this.#memberIds);
  }

  get topicIds(): RecordingHeader['topicIds'] {
    return Object.fromEntries(this.#topicIds);
  }

  /** @param member the name of who asked; null when it is none of the scenario. */
  see({ api, request, response }: Exchange, member: string | null): void {
    if (api === 'Metadata') {
      for (const topic of structsOf(response['topics'])) {
        const { name, topicId } = topic;
        // Before version 10 there are none; an unknown topic has the id of sixteen zeros.
        if (typeof name === 'string' && typeof topicId === 'string' && /[^A]/.test(topicId)) {
          this.#topicIds.set(name, topicId);
        }
      }
    }
    if (member === null) return;
    // A KIP-848 member makes its own id; a classic one is given it.
    if (api === 'JoinGroup' || api === 'ConsumerGroupHeartbeat') {
      for (const { memberId } of [request, response]) {
        const known = this.#memberIds.get(member) ?? [];
        if (typeof memberId !== 'string' || memberId === '' || known.includes(memberId)) continue;
        this.#memberIds.set(member, [...known, memberId]);
      }
    }
  }
}
