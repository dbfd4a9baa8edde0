import { expect, test } from '@playwright/test';
import * as v from 'valibot';
import { TEST_IDS } from '../../site/test-ids.ts';
import { PlaygroundPage } from '../support/playground-page.ts';

const bridgeStatus = v.object({ broker: v.object({ kind: v.string(), text: v.string() }) });

test.describe('the live tab', () => {
  // A broker has to be fetched, started and asked; the run itself takes as long as its script.
  test.setTimeout(300_000);

  test('runs the scenario on a real broker and gives a verdict', async ({ page, request }) => {
    const answer: unknown = await (await request.get('./api/status')).json();
    const { broker } = v.parse(bridgeStatus, answer);
    const isMissing = broker.kind === 'none';
    if (isMissing) console.log(`Skipped: no broker can be started: ${broker.text}`);
    // The page needs no broker, so a machine that cannot start one may still run the other tests; it
    // is told what is missing. With CI=true this one goes on, and fails.
    test.skip(isMissing && process.env['CI'] !== 'true', broker.text);

    const playground = new PlaygroundPage(page);
    await playground.open();
    await playground.showTab('Live');
    await page.getByRole('radio', { name: /^kafkajs:/ }).check();
    await page.getByRole('button', { name: 'Run on real Kafka (kafkajs)' }).click();
    await expect(page.getByRole('tabpanel')).toContainText('C1: partition.assignment.strategy');

    // Real members are seen in the same cards while the run is going on.
    const shown = page.getByRole('button', { name: 'kafkajs, real' });
    await expect(shown).toHaveAttribute('aria-pressed', 'true', { timeout: 200_000 });
    await expect(page.getByRole('button', { name: 'Cancel the run' })).toBeVisible();
    await expect(playground.member('C1')).toHaveAttribute('data-state', 'stable', {
      timeout: 60_000,
    });

    const verdict = page.getByTestId(TEST_IDS.verdict);
    await expect(verdict).toBeVisible({ timeout: 90_000 });
    await expect(verdict.getByRole('heading')).toHaveText(/^(Same outcome|The runs diverge)/);
    await expect(page.getByRole('figure', { name: 'kafkajs, simulated' })).toBeVisible();
    await expect(page.getByRole('figure', { name: 'kafkajs, real' })).toBeVisible();
    // After the run all three views can be stepped.
    await page.getByRole('button', { name: 'kafkajs, simulated' }).click();
    await playground.expectStep(1);
  });
});
