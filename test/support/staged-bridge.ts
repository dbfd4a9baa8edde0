import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import * as v from 'valibot';
import {
  parseRecording,
  parseScenario,
  type BridgeStatus,
  type GroupPoll,
  type GroupState,
} from '../../engine/index.ts';

/** What requests have to carry that a staged bridge takes. */
export const STAGED_TOKEN = 'staged';

/** Has the page find a bridge that says this of itself; without parts it has nothing to run with. */
export const stageStatus = (page: Page, parts: Partial<BridgeStatus>): Promise<unknown> => {
  const status: BridgeStatus = {
    version: '0',
    token: STAGED_TOKEN,
    broker: { kind: 'none', text: 'No broker.' },
    clients: [],
    runId: null,
    tap: null,
    ...parts,
  };
  return page.route('**/api/status', (route) => route.fulfill({ json: status }));
};

const CLIENTS: BridgeStatus['clients'] = [
  { client: 'java', isAvailable: false, text: 'Maven was not found. Run `apt-get install maven`.' },
  { client: 'librdkafka', isAvailable: true, text: 'confluent-kafka for Python.' },
  { client: 'kafkajs', isAvailable: true, text: 'comes with the playground.' },
];

/**
 * A bridge that has a broker, and says these messages of every run.
 *
 * @param dropAfterCount the connection is dropped after so many; who comes back gets the rest.
 */
export async function stageRuns(
  page: Page,
  messages: readonly unknown[],
  dropAfterCount = messages.length,
): Promise<void> {
  await stageStatus(page, {
    broker: { kind: 'maven', text: 'A staged broker.' },
    clients: CLIENTS,
  });
  await page.route('**/api/runs', (route) =>
    route.request().headers()['playground-token'] === STAGED_TOKEN
      ? route.fulfill({ status: 202, json: { runId: 'r' } })
      : route.abort(),
  );
  // Chromium sends Last-Event-ID, but Playwright does not show it: who comes again gets what is left.
  let from = 0;
  await page.route('**/api/runs/r/events', (route) => {
    const to = from === 0 ? dropAfterCount : messages.length;
    const events = messages
      .map((message, index) => `id: ${index}\ndata: ${JSON.stringify(message)}\n\n`)
      .slice(from, to);
    from = to;
    const body = `retry: 1\n\n${events.join('')}`;
    return route.fulfill({ contentType: 'text/event-stream', body });
  });
}

/** The text of a recording, of one that is packed too. */
export function recordingText(file: string): string {
  const bytes = readFileSync(new URL(`../recordings/${file}`, import.meta.url));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

/** The text of a recording that diverges: C2 is told of another partition than the leader gave it. */
export const divergingText = (): string =>
  recordingText('kafkajs-join.recording.jsonl').replace(
    '"partitions":["orders-1"],"member":"C2"',
    '"partitions":["orders-2"],"member":"C2"',
  );

/** A recording as the bridge would tell it, line by line, with a poll of an admin every second. */
export function messagesOf(text: string): unknown[] {
  const [first = '', ...others] = text.trim().split('\n');
  const lines = others.map((line): unknown => JSON.parse(line));
  const raw = v.parse(v.looseObject({ scenario: v.unknown() }), JSON.parse(first));
  const header = { ...raw, scenario: parseScenario(raw.scenario) };
  return [
    { type: 'progress', text: 'Making orders.' },
    { type: 'header', header },
    ...lines.map((line) => ({ type: 'line', line })),
    ...pollsOf(text).map((poll) => ({ type: 'polled', poll })),
    { type: 'end', header },
  ];
}

function pollsOf(text: string): readonly GroupPoll[] {
  const { events, scenario } = parseRecording(text);
  const changes = events.filter((event) => event.kind === 'groupState');
  const stateAt = (time: number): GroupState =>
    changes.findLast(({ atMs }) => atMs <= time)?.to ?? 'Dead';
  const count = Math.floor(scenario.untilMs / 1_000);
  return Array.from({ length: count }, (_, index) => (index + 1) * 1_000).map((atMs) => ({
    atMs,
    tookMs: 2,
    state: stateAt(atMs),
    groupEpoch: null,
    memberCount: scenario.members.length,
  }));
}
