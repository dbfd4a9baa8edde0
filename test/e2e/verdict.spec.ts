import { expect, test, type Page } from '@playwright/test';
import { TEST_IDS } from '../../site/test-ids.ts';
import { PlaygroundPage } from '../support/playground-page.ts';
import { divergingText, messagesOf, recordingText, stageRuns } from '../support/staged-bridge.ts';

async function run(page: Page): Promise<PlaygroundPage> {
  const playground = new PlaygroundPage(page);
  await playground.open();
  await playground.showTab('Live');
  await page.getByRole('radio', { name: /^kafkajs:/ }).check();
  await page.getByRole('button', { name: 'Run on real Kafka (kafkajs)' }).click();
  return playground;
}

test.describe('the live tab', () => {
  test('offers the clients that can be had, and says why not the others', async ({ page }) => {
    await stageRuns(page, []);
    const playground = new PlaygroundPage(page);
    await playground.open();
    await playground.showTab('Live');
    const choices = page.getByRole('group', { name: 'Members are played by' });
    const own = choices.getByRole('radio', { name: 'as the scenario says (java): needs java' });
    await expect(own).toBeDisabled();
    const lacking = 'java: Maven was not found. Run apt-get install maven.';
    await expect(choices.getByRole('radio', { name: lacking })).toBeDisabled();
    await expect(choices.locator('code')).toHaveText('apt-get install maven');
    // The first that can be had is chosen; arrow keys choose among the others.
    const librdkafka = choices.getByRole('radio', { name: /^librdkafka:/ });
    await expect(librdkafka).toBeChecked();
    await expect(
      page.getByRole('button', { name: 'Run on real Kafka (librdkafka)' }),
    ).toBeEnabled();
    await librdkafka.focus();
    await page.keyboard.press('ArrowDown');
    await expect(choices.getByRole('radio', { name: /^kafkajs:/ })).toBeChecked();
    await expect(page.getByRole('button', { name: 'Run on real Kafka (kafkajs)' })).toBeEnabled();
  });
});

test.describe('the verdict', () => {
  test('is "same" for a run that came to what is simulated', async ({ page }) => {
    await stageRuns(page, messagesOf(recordingText('kafkajs-join.recording.jsonl')));
    await run(page);
    await expect(page.getByTestId(TEST_IDS.verdict).getByRole('heading')).toHaveText(
      'Same outcome',
    );
  });

  test('names every difference of a run that diverges, and goes to where it parts', async ({
    page,
  }) => {
    await stageRuns(page, messagesOf(divergingText()));
    const playground = await run(page);
    const verdict = page.getByTestId(TEST_IDS.verdict);
    await expect(verdict.getByRole('heading')).toHaveText('The runs diverge');
    await expect(verdict).toContainText('other listener calls, callbacks.C2');
    await expect(verdict).toContainText('other owners at the end, final.C2');
    await expect(verdict).toContainText(
      /They part first at C2: the simulation has .*the real run has/,
    );
    await verdict.getByRole('button', { name: 'Show where they part: kafkajs, real' }).click();
    await expect(page.getByRole('region', { name: 'This step' })).toContainText(
      'C2’s listener is called: assigned orders-2',
    );
    await expect(playground.member('C2')).toBeVisible();
  });

  test('is not given where the run failed: what and what to do is said instead', async ({
    page,
  }) => {
    const problem = { code: 'broker-failed', problem: 'Kafka ended.', remedy: 'Start it again.' };
    await stageRuns(page, [{ type: 'problem', ...problem }]);
    await run(page);
    await expect(page.getByRole('alert')).toContainText('Kafka ended. Start it again.');
    await expect(page.getByTestId(TEST_IDS.verdict)).toBeHidden();
  });

  test('is the same where the connection was dropped in the middle of the run', async ({
    page,
  }) => {
    const messages = messagesOf(recordingText('kafkajs-join.recording.jsonl'));
    await stageRuns(page, messages, 30);
    await run(page);
    // A message that was lost or came twice would be a difference.
    await expect(page.getByTestId(TEST_IDS.verdict).getByRole('heading')).toHaveText(
      'Same outcome',
    );
  });

  test('waits while the server is gone, and then says so', async ({ page }) => {
    await stageRuns(page, []);
    await page.route('**/api/runs/r/events', (route) => route.fulfill({ status: 500 }));
    await run(page);
    await expect(page.getByRole('alert')).toContainText('connection');
  });
});
