import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Page, type Route } from '@playwright/test';
import * as v from 'valibot';
import { parseScenario } from '../../engine/index.ts';
import { PlaygroundPage } from '../support/playground-page.ts';
import { STAGED_TOKEN, stageStatus } from '../support/staged-bridge.ts';

/** Requests of a recorded run are what a tap would have heard of it. */
function messagesOf(name: string, group: string): unknown[] {
  const path = new URL(`../recordings/${name}.recording.jsonl`, import.meta.url);
  const [first = '', ...others] = readFileSync(path, 'utf8').trim().split('\n');
  const raw = v.parse(v.looseObject({ scenario: v.looseObject({}) }), JSON.parse(first));
  const header = { ...raw, scenario: parseScenario({ ...raw.scenario, group }) };
  const lines = others
    .map((line) => v.parse(v.looseObject({ type: v.string() }), JSON.parse(line)))
    .filter(({ type }) => type === 'request');
  return [{ type: 'header', header }, ...lines.map((line) => ({ type: 'line', line }))].map(
    (message) => ({ type: 'group', group, message }),
  );
}

const OPEN = { tapId: 't', listen: '127.0.0.1:19092', to: 'kafka-1:9092', group: null };

const hasToken = (route: Route): boolean =>
  route.request().headers()['playground-token'] === STAGED_TOKEN;

interface Staged {
  /** The tap that is open when the page asks. */
  readonly tap?: typeof OPEN | null;
  readonly messages?: readonly unknown[];
}

/** A bridge whose tap has heard these messages. */
async function stageBridge(page: Page, { tap = null, messages = [] }: Staged): Promise<string[]> {
  const asked: string[] = [];
  await stageStatus(page, { tap });
  await page.route('**/api/taps', (route) => {
    if (!hasToken(route)) return route.abort();
    asked.push(`POST ${route.request().postData() ?? ''}`);
    return route.fulfill({ status: 201, json: { tapId: 't' } });
  });
  await page.route('**/api/taps/t', (route) => {
    if (!hasToken(route)) return route.abort();
    asked.push(route.request().method());
    return route.fulfill({ status: 204 });
  });
  await page.route('**/api/taps/t/events', (route) =>
    route.fulfill({
      contentType: 'text/event-stream',
      // The page waits for long before it comes again: a tap goes on.
      body: `retry: 600000\n${messages
        .map((message, index) => `id: ${index}\ndata: ${JSON.stringify(message)}\n\n`)
        .join('')}`,
    }),
  );
  return asked;
}

async function openTab(page: Page): Promise<PlaygroundPage> {
  const playground = new PlaygroundPage(page);
  await page.goto('./#tap');
  await expect(playground.coordinator).toBeVisible();
  await expect(page.getByRole('tabpanel', { name: 'Tap' })).not.toContainText(' …');
  return playground;
}

test.describe('the tap tab', () => {
  test('opens a tap before the broker that is given, and says where to point programs', async ({
    page,
  }) => {
    const asked = await stageBridge(page, {});
    await openTab(page);
    await page.getByLabel('Broker').fill('kafka-1:9092');
    await page.getByLabel('Listen on port').fill('19093');
    await page.keyboard.press('Enter');
    const panel = page.getByRole('tabpanel', { name: 'Tap' });
    await expect(panel).toContainText('Point your programs to 127.0.0.1:19093');
    await expect(panel).toContainText('No member has joined a group through it yet.');
    expect(asked).toEqual(['POST {"to":"kafka-1:9092","listen":"127.0.0.1:19093","group":null}']);
    await page.getByRole('button', { name: 'Stop the tap' }).click();
    await expect.poll(() => asked.at(-1)).toBe('DELETE');
  });

  test('says what the bridge refuses, and what to do', async ({ page }) => {
    await stageBridge(page, {});
    const problem = {
      code: 'broker-unreachable',
      problem: 'Nothing answers at kafka-1:9092.',
      remedy: 'Check host and port.',
    };
    await page.route('**/api/taps', (route) => route.fulfill({ status: 400, json: problem }));
    await openTab(page);
    await page.getByRole('button', { name: 'Start the tap' }).click();
    await expect(page.getByRole('alert')).toContainText(
      'Nothing answers at kafka-1:9092. Check host and port.',
    );
  });

  test('shows the group in all views, and says of each rebalance why', async ({ page }) => {
    await stageBridge(page, { tap: OPEN, messages: messagesOf('eager-crash', 'orders-app') });
    const playground = await openTab(page);
    await expect(playground.coordinator).toContainText('orders-app');
    await expect(playground.coordinator).toHaveAttribute('data-state', 'Stable');
    await expect(playground.member('C1')).toHaveAttribute('data-state', 'stable');
    const list = page.getByRole('region', { name: 'Why did it rebalance?' }).getByRole('listitem');
    await expect(list.first()).toContainText('C2 was silent for its session timeout of 6 s');
    await expect(list.first()).toContainText('deduced');
    await expect(list.last()).toContainText('C1 joins the group.');
    await expect(list.last()).toContainText('C2 joins as well; C3 joins as well');
    await page.getByRole('button', { name: 'Causes of rebalance 2' }).click();
    await expect(page.getByRole('list', { name: /Causes/ })).toContainText(
      'no heartbeat within its session timeout',
    );
    await page.getByRole('button', { name: 'Show rebalance 2' }).click();
    await expect(page.getByRole('region', { name: 'This step' })).toContainText(
      'C2: no heartbeat within its session timeout',
    );
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    const save = page.getByRole('link', { name: 'Save orders-app as a recording' });
    await expect(save).toHaveAttribute('href', 'api/taps/t/recording?group=orders-app');
  });

  test('lets one choose among the groups that come through', async ({ page }) => {
    const messages = [...messagesOf('eager-join', 'first'), ...messagesOf('eager-leave', 'second')];
    await stageBridge(page, { tap: OPEN, messages });
    const playground = await openTab(page);
    await expect(playground.coordinator).toContainText('first');
    await page.getByRole('radio', { name: 'second' }).check();
    await expect(playground.coordinator).toContainText('second');
    await expect(page.getByRole('region', { name: 'Why did it rebalance?' })).toContainText(
      'C2 leaves the group: the consumer is being closed.',
    );
  });

  test('says when the recording is full', async ({ page }) => {
    const full = { type: 'full', problem: 'The recording is full.', remedy: 'Save it.' };
    await stageBridge(page, { tap: OPEN, messages: [full] });
    await openTab(page);
    await expect(page.getByRole('alert')).toContainText('The recording is full. Save it.');
  });
});
