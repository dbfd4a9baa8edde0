import type { RecordedRequest } from '../../engine/index.ts';
import type { Exchange } from '../wire/exchange.ts';
import { GROUP_APIS } from '../wire/group-apis.ts';

const RECORDED = new Set(GROUP_APIS.map(({ name }) => name));

/**
 * The line of a recording for an exchange; null for an API that a recording does not hold.
 *
 * @param startedMs when the run started, in epoch milliseconds.
 */
export function toRecordedRequest(
  exchange: Exchange,
  member: string | null,
  startedMs: number,
): RecordedRequest | null {
  const { api, version, tookMs, request, response, errors } = exchange;
  if (!RECORDED.has(api)) return null;
  return {
    atMs: Math.max(0, exchange.startedMs + tookMs - startedMs),
    type: 'request',
    member,
    api,
    version,
    tookMs,
    request,
    response,
    ...(errors.length > 0 ? { errors } : {}),
  };
}
