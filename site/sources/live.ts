import {
  parseLiveMessage,
  parseRunStarted,
  type ClientKind,
  type LiveMessage,
  type Scenario,
  type StartRun,
} from '../../engine/index.ts';
import { end, listen, order } from './bridge.ts';

/** A run on the bridge. */
export interface LiveHandle {
  readonly runId: string;
  /** Ends the run early; fails with a SourceError when the bridge refuses. */
  readonly cancel: () => Promise<void>;
}

/**
 * Starts a run and hears of it until it is over.
 *
 * @throws SourceError when the bridge refuses.
 */
export async function startLive(
  scenario: Scenario,
  client: ClientKind | null,
  onMessage: (message: LiveMessage) => void,
): Promise<LiveHandle> {
  const body: StartRun = { scenario, client };
  const { runId } = parseRunStarted(await order('api/runs', body));
  listen({
    path: `api/runs/${runId}/events`,
    parse: parseLiveMessage,
    isLast: ({ type }) => type === 'end' || type === 'problem',
    onMessage,
    onLost: (problem) => {
      onMessage({ type: 'problem', code: 'page-unreachable', ...problem });
    },
  });
  return { runId, cancel: () => end(`api/runs/${runId}`) };
}
