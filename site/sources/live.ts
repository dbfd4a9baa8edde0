import {
  parseBridgeStatus,
  parseJson,
  parseLiveMessage,
  parseRunStarted,
  readRefusal,
  type BridgeStatus,
  type ClientKind,
  type LiveMessage,
  type Scenario,
  type StartRun,
} from '../../engine/index.ts';
import { SourceError, problemOf, type Problem } from './simulated.ts';
import { keepToken, tokenHeader } from './token.ts';

const NO_BRIDGE: Problem = {
  problem: 'This page was not served by the playground’s own server, so it cannot run Kafka.',
  remedy:
    'In a copy of the project run `npm install && npm start`, and open the address it prints.',
};

const CONNECTION_LOST: Problem = {
  problem: 'The connection to the playground’s server was lost.',
  remedy: 'See whether `npm start` is still running, then run it again.',
};

/**
 * What the bridge can do; null when the page has no bridge.
 *
 * @throws PlaygroundError when it is of another version.
 */
export async function readBridgeStatus(): Promise<BridgeStatus | null> {
  const response = await fetch('api/status').catch(() => null);
  const isJson = response?.headers.get('content-type')?.includes('json') === true;
  if (response?.ok !== true || !isJson) return null;
  const status = parseBridgeStatus(await response.json());
  keepToken(status.token);
  return status;
}

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
  const order: StartRun = { scenario, client };
  const response = await fetch('api/runs', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...tokenHeader() },
    body: JSON.stringify(order),
  }).catch(() => null);
  if (response === null) throw new SourceError(NO_BRIDGE);
  if (!response.ok) throw new SourceError(await readProblem(response));
  const { runId } = parseRunStarted(await response.json());
  const events = new EventSource(`api/runs/${runId}/events`);
  events.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const message = readMessage(data);
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
      const answer = await fetch(`api/runs/${runId}`, {
        method: 'DELETE',
        headers: tokenHeader(),
      }).catch(() => null);
      if (answer?.ok === false) throw new SourceError(await readProblem(answer));
    },
  };
}

/** A message that cannot be read ends the run for this page, and says why. */
function readMessage(text: string): LiveMessage {
  try {
    return parseLiveMessage(parseJson(text, 'A message of the server'));
  } catch (error) {
    const { problem, remedy } = problemOf(error);
    return { type: 'problem', code: 'page-unreachable', problem, remedy };
  }
}

const readProblem = async (response: Response): Promise<Problem> =>
  readRefusal(await response.json().catch(() => null)) ?? NO_BRIDGE;
