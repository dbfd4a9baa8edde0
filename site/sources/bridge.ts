import type { BridgeStatus } from '../../engine/index.ts';
import { SourceError, type Problem } from './simulated.ts';

const NO_BRIDGE: Problem = {
  problem: 'This page was not served by the playground’s own server, so it cannot reach Kafka.',
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

/**
 * Orders something.
 *
 * @throws SourceError when the bridge refuses.
 */
export async function order(path: string, body: object): Promise<unknown> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => null);
  if (response === null) throw new SourceError(NO_BRIDGE);
  if (!response.ok) throw new SourceError(await readProblem(response));
  return response.json();
}

/** Ends something that was ordered; what is gone already has ended. */
export async function end(path: string): Promise<void> {
  await fetch(path, { method: 'DELETE' }).catch(() => null);
}

/**
 * Hears the messages of something that goes on. While the connection is made again nothing is lost:
 * the bridge repeats what was missed.
 *
 * @param isLast of a message after which there are no others.
 */
export function listen<Message>(
  path: string,
  isLast: (message: Message) => boolean,
  onMessage: (message: Message) => void,
  onLost: (problem: Problem) => void,
): void {
  const events = new EventSource(path);
  events.addEventListener('message', ({ data }: MessageEvent<string>) => {
    const message = JSON.parse(data) as Message;
    if (isLast(message)) events.close();
    onMessage(message);
  });
  events.addEventListener('error', () => {
    if (events.readyState === EventSource.CLOSED) onLost(CONNECTION_LOST);
  });
}

async function readProblem(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  if (body !== null && typeof body === 'object' && 'problem' in body && 'remedy' in body) {
    return { problem: String(body.problem), remedy: String(body.remedy) };
  }
  return NO_BRIDGE;
}
