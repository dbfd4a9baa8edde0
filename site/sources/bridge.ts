import {
  parseBridgeStatus,
  parseJson,
  readRefusal,
  type BridgeStatus,
} from '../../engine/index.ts';
import { SourceError, problemOf, type Problem } from './problem.ts';
import { keepToken, tokenHeader } from './token.ts';

const NO_BRIDGE: Problem = {
  problem: 'This page was not served by the playground’s own server, so it cannot reach Kafka.',
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

/**
 * Orders something.
 *
 * @throws SourceError when the bridge refuses.
 */
export async function order(path: string, body: object): Promise<unknown> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...tokenHeader() },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (response === null) throw new SourceError(NO_BRIDGE);
  if (!response.ok) throw new SourceError(await readProblem(response));
  return response.json();
}

/**
 * Ends something that was ordered.
 *
 * @throws SourceError when the bridge refuses.
 */
export async function end(path: string): Promise<void> {
  const response = await fetch(path, { method: 'DELETE', headers: tokenHeader() }).catch(
    () => null,
  );
  if (response?.ok === false) throw new SourceError(await readProblem(response));
}

interface Listening<Message> {
  readonly path: string;
  readonly parse: (value: unknown) => Message;
  /** Whether there are no others after it. */
  readonly isLast: (message: Message) => boolean;
  readonly onMessage: (message: Message) => void;
  /** Nothing more is heard, and why. */
  readonly onLost: (problem: Problem) => void;
}

/**
 * Hears the messages of something that goes on. While the connection is made again nothing is lost:
 * the bridge repeats what was missed.
 */
export function listen<Message>(listening: Listening<Message>): void {
  const { path, parse, isLast, onMessage, onLost } = listening;
  const events = new EventSource(path);
  events.addEventListener('message', ({ data }: MessageEvent<string>) => {
    let message: Message;
    try {
      message = parse(parseJson(data, 'A message of the server'));
    } catch (error) {
      events.close();
      const { problem, remedy } = problemOf(error);
      onLost({ problem, remedy });
      return;
    }
    if (isLast(message)) events.close();
    onMessage(message);
  });
  events.addEventListener('error', () => {
    if (events.readyState === EventSource.CLOSED) onLost(CONNECTION_LOST);
  });
}

const readProblem = async (response: Response): Promise<Problem> =>
  readRefusal(await response.json().catch(() => null)) ?? NO_BRIDGE;
