import { describe, expect, it } from 'vitest';
import { SeenIds } from '../../../server/record/seen-ids.ts';
import type { Exchange } from '../../../server/wire/exchange.ts';

const anExchange = (given: Partial<Exchange>): Exchange => ({
  clientId: 'C1',
  api: 'JoinGroup',
  version: 9,
  request: {},
  response: {},
  errors: [],
  startedMs: 0,
  tookMs: 0,
  ...given,
});

describe('SeenIds', () => {
  it('has the ids that a member was given, in order of appearance', () => {
    const ids = new SeenIds();
    const join = (asked: string, given: string): void => {
      ids.see(anExchange({ request: { memberId: asked }, response: { memberId: given } }), 'C1');
    };
    join('', 'C1-a');
    join('C1-a', 'C1-a');
    join('', 'C1-b');
    expect(ids.memberIds).toEqual({ C1: ['C1-a', 'C1-b'] });
  });

  it('has the id that a KIP-848 member made, also when the broker refuses it', () => {
    const ids = new SeenIds();
    const api = 'ConsumerGroupHeartbeat';
    ids.see(anExchange({ api, request: { memberId: 'x' }, response: { memberId: null } }), 'C1');
    expect(ids.memberIds).toEqual({ C1: ['x'] });
  });

  it('has the ids of topics whoever asked, and none of topics that are not there', () => {
    const ids = new SeenIds();
    const topics = [
      { name: 'orders', topicId: 'S9O8RcCJQ-mnvOR6kL_qcg' },
      { name: 'missing', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' },
      { name: 'old' },
    ];
    ids.see(anExchange({ api: 'Metadata', response: { topics } }), null);
    expect(ids.topicIds).toEqual({ orders: 'S9O8RcCJQ-mnvOR6kL_qcg' });
    expect(ids.memberIds).toEqual({});
  });
});
