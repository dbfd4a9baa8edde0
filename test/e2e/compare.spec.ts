import { AxeBuilder } from '@axe-core/playwright';
import { expect, test, type Locator, type Page } from '@playwright/test';
import { TEST_IDS } from '../../site/test-ids.ts';
import { PlaygroundPage } from '../support/playground-page.ts';
import { divergingText, messagesOf, recordingText, stageRuns } from '../support/staged-bridge.ts';

const thisStep = (page: Page): Locator => page.getByRole('region', { name: 'This step' });
const verdict = (page: Page): Locator => page.getByTestId(TEST_IDS.verdict);
const heading = (page: Page): Locator => verdict(page).getByRole('heading');
const did = (page: Page, member: string): Locator =>
  page.getByRole('list', { name: `What ${member} did` });
const shownRun = (page: Page): Locator =>
  page.getByRole('group', { name: 'Run that is shown' }).locator('[aria-pressed="true"]');

async function openTab(page: Page): Promise<PlaygroundPage> {
  const playground = new PlaygroundPage(page);
  await playground.open();
  await playground.showTab('Live');
  // The tab is loaded when it is first shown.
  await expect(page.getByLabel('Choose a recording')).toBeAttached();
  return playground;
}

/** Runs what diverges from its simulation, with the polls of an admin. */
async function runDiverging(page: Page): Promise<PlaygroundPage> {
  await stageRuns(page, messagesOf(divergingText()));
  const playground = await openTab(page);
  await page.getByRole('radio', { name: /^kafkajs:/ }).check();
  await page.getByRole('button', { name: 'Run on real Kafka (kafkajs)' }).click();
  await expect(heading(page)).toHaveText('The runs diverge');
  return playground;
}

const choose = (page: Page, name: string, text: string): Promise<void> =>
  page
    .getByLabel('Choose a recording')
    .setInputFiles({ name, mimeType: 'application/jsonl', buffer: Buffer.from(text) });

/** As a person does who drags a file from the desktop to the middle of the page. */
async function drop(page: Page, files: readonly { name: string; text: string }[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle((dropped) => {
    const transfer = new DataTransfer();
    for (const { name, text } of dropped) transfer.items.add(new File([text], name));
    return transfer;
  }, files);
  await page.dispatchEvent('main', 'dragover', { dataTransfer });
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}

test.describe('two runs, member by member', () => {
  test('say where they part, and each entry leads to its step in its run', async ({ page }) => {
    await runDiverging(page);
    // The member that it is about is unfolded, the others are summed up.
    await expect(page.getByText('C1: all the same')).toBeVisible();
    await expect(page.getByText('C2: 1 divergence')).toBeVisible();
    await expect(did(page, 'C1')).toBeHidden();
    const rows = did(page, 'C2').getByRole('listitem');
    const parting = rows.filter({ hasText: 'The runs part here' });
    await expect(parting).toHaveCount(1);
    const row = rows.filter({ hasText: 'divergence' });
    await expect(row).toHaveCount(1);
    await row.getByRole('button', { name: /simulated.*assigned orders-1/ }).click();
    await expect(shownRun(page)).toHaveText('kafkajs, simulated');
    await expect(thisStep(page)).toContainText('assigned orders-1');
    const real = row.getByRole('button', { name: /real.*assigned orders-2/ });
    await real.focus();
    await page.keyboard.press('Enter');
    await expect(shownRun(page)).toHaveText('kafkajs, real');
    await expect(thisStep(page)).toContainText('C2’s listener is called: assigned orders-2');
    await expect(real).toHaveAttribute('aria-current', 'step');
    await page.getByRole('button', { name: 'To the stage' }).click();
    await expect(thisStep(page)).toBeInViewport();
  });

  test('are lined up by generation', async ({ page }) => {
    await runDiverging(page);
    const texts = await did(page, 'C2').getByRole('listitem').allInnerTexts();
    const first = texts.indexOf('generation 1');
    const second = texts.indexOf('generation 2');
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
    expect(texts[first + 1]).toContain('JoinGroup: generation 1');
    expect(texts[second + 1]).toContain('JoinGroup: generation 2');
  });

  test('show a part of what a member did for long, and all of it when asked', async ({ page }) => {
    await openTab(page);
    await choose(page, 'long.jsonl', recordingText('more/six-coop-two.recording.jsonl.gz'));
    await expect(heading(page)).toHaveText('Same outcome');
    const summaries = page.locator('summary', { hasText: /^C\d+: / });
    for (const summary of await summaries.all()) await summary.click();
    const more = page.getByRole('button', { name: /more: show all \d+ of C/ }).first();
    const [, count, member = ''] = /show all (\d+) of (C\d+)/.exec(await more.innerText()) ?? [];
    const entries = did(page, member).getByRole('button', { name: /^simulated/ });
    const before = await entries.count();
    await more.click();
    await expect(page.getByRole('button', { name: `of ${member}` })).toHaveCount(0);
    expect(await entries.count()).toBeGreaterThan(before);
    expect(await entries.count()).toBeLessThanOrEqual(Number(count));
  });
});

test.describe('a recording from a file', () => {
  test('is shown in all views and compared with its simulation', async ({ page }) => {
    const playground = await openTab(page);
    await choose(page, 'my-run.jsonl', recordingText('eager-crash.recording.jsonl'));
    await expect(heading(page)).toHaveText('Same outcome');
    const panel = page.getByRole('tabpanel', { name: 'Live' });
    await expect(panel).toContainText('my-run.jsonl');
    await expect(shownRun(page)).toHaveText('java, real');
    await expect(thisStep(page)).toContainText('The run begins');
    await page.getByRole('button', { name: 'Last step' }).click();
    await expect(playground.coordinator).toHaveAttribute('data-state', 'Stable');
    await playground.showTab('Log');
    await expect(page.getByRole('list', { name: 'Events' })).toContainText('(deduced)');
    await playground.showTab('Diagram');
    await expect(page.getByRole('img', { name: /Sequence diagram/ })).toBeVisible();
    // What was opened is still there.
    await playground.showTab('Live');
    await expect(heading(page)).toHaveText('Same outcome');
  });

  test('is opened by dropping it anywhere on the page', async ({ page }) => {
    await openTab(page);
    await drop(page, [{ name: 'run.jsonl', text: recordingText('eager-join.recording.jsonl') }]);
    await expect(heading(page)).toHaveText('Same outcome');
  });

  test('that is none is refused with the place and what to do, and leaves what is shown', async ({
    page,
  }) => {
    const playground = await openTab(page);
    const lines = recordingText('eager-join.recording.jsonl').split('\n');
    lines[4] = '{ "atMs": 7, "type": "surprise" }';
    await choose(page, 'bad.jsonl', lines.join('\n'));
    const alert = page.getByRole('alert');
    await expect(alert).toContainText('bad.jsonl, line 5');
    await expect(alert).toContainText('expected a line of type command, ready, request');
    await expect(alert).toContainText('Correct or remove the line');
    await expect(verdict(page)).toBeHidden();
    await playground.expectStep(1);
    // Corrected, the same file can be opened again.
    lines.splice(4, 1);
    await choose(page, 'bad.jsonl', lines.join('\n'));
    await expect(verdict(page)).toBeVisible();
    await expect(alert).toBeHidden();
  });

  test('is not opened while a run is under way', async ({ page }) => {
    await stageRuns(page, []);
    await page.route('**/api/runs/r/events', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: 'retry: 600000\n\n' }),
    );
    await openTab(page);
    await page.getByRole('button', { name: /^Run on real Kafka/ }).click();
    await expect(page.getByRole('button', { name: 'Cancel the run' })).toBeVisible();
    await expect(page.getByLabel('Choose a recording')).toBeDisabled();
    await drop(page, [{ name: 'run.jsonl', text: recordingText('eager-join.recording.jsonl') }]);
    await expect(page.getByRole('alert')).toContainText('A run is under way');
    await expect(verdict(page)).toBeHidden();
  });

  test('is one at a time', async ({ page }) => {
    await openTab(page);
    await drop(page, [
      { name: 'a.jsonl', text: '' },
      { name: 'b.jsonl', text: '' },
    ]);
    await expect(page.getByRole('alert')).toContainText('These are 2 files');
  });

  test('can be compared with the run before it, client with client', async ({ page }) => {
    await openTab(page);
    const kafkajs = recordingText('kafkajs-join.recording.jsonl');
    await choose(page, 'first.jsonl', kafkajs.replace('"kafkajs-join"', '"eager-join"'));
    await expect(heading(page)).toHaveText('Same outcome');
    await choose(page, 'second.jsonl', recordingText('eager-join.recording.jsonl'));
    const choices = page.getByRole('group', { name: 'Compare this run with' });
    await expect(choices.getByRole('radio', { name: 'its simulation' })).toBeChecked();
    await choices.getByRole('radio', { name: 'the run before it: kafkajs, before' }).check();
    await expect(heading(page)).toHaveText('The runs diverge');
    await expect(verdict(page)).toContainText('kafkajs on the left, java on the right');
    await expect(verdict(page)).toContainText('the run before has');
    await verdict(page)
      .getByRole('button', { name: /part: kafkajs, before/ })
      .click();
    await expect(shownRun(page)).toHaveText('kafkajs, before');
    await expect(page.getByRole('figure', { name: 'kafkajs, before' })).toBeVisible();
    await expect(page.getByRole('figure', { name: 'java, real' })).toBeVisible();
  });

  test('of another scenario is not compared with the run before it, and of a tap with nothing', async ({
    page,
  }) => {
    await openTab(page);
    const text = recordingText('eager-leave.recording.jsonl');
    await choose(page, 'tapped.jsonl', text.replace(/"script":\[.*?\}\]/, '"script":[]'));
    const comparison = page.getByRole('region', { name: 'Comparison' });
    await expect(comparison).toContainText('Nothing to compare it with. It was made by a tap');
    await choose(page, 'other.jsonl', recordingText('eager-join.recording.jsonl'));
    const before = comparison.getByRole('radio', { name: /the run before it/ });
    await expect(before).toBeDisabled();
    await expect(comparison).toContainText('That is a run of another scenario, eager-leave.');
  });
});

test.describe('what a poll sees', () => {
  test('is held against what the tap heard, and what it missed leads to its step', async ({
    page,
  }) => {
    await runDiverging(page);
    const polls = page.getByRole('figure', { name: 'What a poll sees' });
    await expect(polls).toContainText('2 of 6 states of the group were never seen by a poll');
    const missed = polls.getByRole('list', { name: 'No poll saw' }).getByRole('button');
    await expect(missed).toHaveCount(2);
    await missed.last().click();
    await expect(shownRun(page)).toHaveText('kafkajs, real');
    await expect(thisStep(page)).toContainText('CompletingRebalance');
    await polls.getByText('What each poll was told').click();
    const told = polls.getByRole('list', { name: 'Polls' }).getByRole('listitem');
    await expect(told.first()).toHaveText('1.000 s PreparingRebalance, 3 members');
  });
});

for (const { name, width, scheme } of [
  { name: 'wide and light', width: 1440, scheme: 'light' },
  { name: 'at 200 %', width: 720, scheme: 'dark' },
  { name: 'at 320 px', width: 320, scheme: 'dark' },
] as const) {
  test.describe(`the comparison, ${name}`, () => {
    test.use({ viewport: { width, height: 800 }, colorScheme: scheme, reducedMotion: 'reduce' });

    test('has nothing that axe objects to, and does not scroll sideways', async ({ page }) => {
      await runDiverging(page);
      await verdict(page)
        .getByRole('button', { name: /part: kafkajs, real/ })
        .click();
      await page.getByText('C1: all the same').click();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.html) }));
      expect(found).toEqual([]);
      const widths = await page.evaluate(() => ({
        inner: document.documentElement.clientWidth,
        needed: document.documentElement.scrollWidth,
      }));
      expect(widths.needed).toBeLessThanOrEqual(widths.inner);
    });
  });
}
