import { describe, expect, it } from 'vitest';
import { toRecordedRequest } from '../../../server/record/recorded-request.ts';

const exchange = {
  clientId: 'C1',
  api: 'Heartbeat',
  version: 4,
  request: { groupId: 'g' },
  response: { errorCode: 27 },
  errors: ['REBALANCE_IN_PROGRESS'],
  startedMs: 10_200,
  tookMs: 30,
};

describe('toRecordedRequest', () => {
  it('is a line at the time of the answer', () => {
    expect(toRecordedRequest(exchange, 'C1', 10_000)).toEqual({
      atMs: 230,
      type: 'request',
      member: 'C1',
      api: 'Heartbeat',
      version: 4,
      tookMs: 30,
      request: { groupId: 'g' },
      response: { errorCode: 27 },
      errors: ['REBALANCE_IN_PROGRESS'],
    });
  });

  it('has no errors where there are none', () => {
    expect(toRecordedRequest({ ...exchange, errors: [] }, 'C1', 0)).not.toHaveProperty('errors');
  });

  it('leaves out APIs that a recording does not hold', () => {
    expect(toRecordedRequest({ ...exchange, api: 'Metadata' }, 'C1', 0)).toBeNull();
  });
});
