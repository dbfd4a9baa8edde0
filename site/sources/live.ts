import type {
  BridgeStatus,
  ClientKind,
  LiveMessage,
  Scenario,
  StartRun,
} from '../../engine/index.ts';
import { SourceError, type Problem } from './simulated.ts';

const NO_BRIDGE: Problem = {
  problem: 'This page was not served by the playground’s own server, so it cannot run Kafka.',
  remedy:
    'In a copy of the project run `npm install && npm start`, and open the address it prints.',
};

const CONNECTION_LOST: Problem = {
  problem: 'The connection to the playground’s server was lost.',
  remedy: 'See whether `npm start` is still running, then run it again.',
};

/** What the bridge can do; null when the page has no bridge. */
export async function readBridgeStatus(): Promise<BridgeStatus | null> {
  try {
    const response = await fetch('api/status');
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    if (!response.ok || !isJson) return null;
    // The bridge is of this project and this version: it served the page.
    return (await response.json()) as BridgeStatus;
  } catch {
    return null;
  }
}

/** A run on the bridge. */
export interface LiveHandle {
  readonly runId: string;
  /** Ends the run early. */
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
  const order: StartRun = { scenario, client };
  const response = await fetch('api/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
  }).catch(() => null);
  if (response === null) throw new SourceError(NO_BRIDGE);
  if (!response.ok) throw new SourceError(await readProblem(response));
  const { runId } = (await response.json()) as { readonly runId: string };
  const events = new EventSource(`api/runs/${runId}/events`);
  events.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const message = JSON.parse(data) as LiveMessage;
    if (message.type === 'end' || message.type === 'problem') events.close();
    onMessage(message);
  });
  events.addEventListener('error', () => {
    // While it is connecting again, nothing is lost: the bridge repeats what was missed.
    if (events.readyState !== EventSource.CLOSED) return;
    onMessage({ type: 'problem', code: 'page-unreachable', ...CONNECTION_LOST });
  });
  return {
    runId,
    cancel: async () => {
      await fetch(`api/runs/${runId}`, { method: 'DELETE' }).catch(() => null);
    },
  };
}

async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  if (body !== null && typeof body === 'object' && 'problem' in body && 'remedy' in body) {
    return { problem: String(body.problem), remedy: String(body.remedy) };
  }
  return NO_BRIDGE;
}
