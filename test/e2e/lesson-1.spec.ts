import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';
import { SCENARIOS, existing, simulate } from '../../engine/index.ts';
import { printRun } from '../../site/sources/run-file.ts';
import { TEST_IDS } from '../../site/test-ids.ts';
import { PlaygroundPage } from '../support/playground-page.ts';

test.describe('lesson 1', () => {
  test('opens paused on its first frame with the whole cast', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    await playground.expectStep(1);
    await expect(playground.transport.getByRole('button', { name: 'Play' })).toBeVisible();
    for (const name of ['C1', 'C2', 'C3']) await expect(playground.member(name)).toBeVisible();
    await expect(playground.coordinator).toHaveAttribute('data-state', 'Empty');
  });

  test('is stepped to its end by keyboard and back through the same states', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    const count = await playground.stepCount();
    const forth: string[] = [await playground.snapshot()];
    for (let number = 2; number <= count; number += 1) {
      await page.keyboard.press('ArrowRight');
      await playground.expectStep(number);
      forth.push(await playground.snapshot());
    }
    // The end: three members, a second generation, and nothing further to step to.
    await expect(playground.coordinator).toHaveAttribute('data-state', 'Stable');
    for (const name of ['C1', 'C2', 'C3']) {
      await expect(playground.member(name)).toHaveAttribute('data-state', 'stable');
    }
    await expect(playground.transport.getByRole('button', { name: 'Step forward' })).toBeDisabled();
    expect(new Set(forth).size).toBe(count);

    const back: string[] = [await playground.snapshot()];
    for (let number = count - 1; number >= 1; number -= 1) {
      await page.keyboard.press('ArrowLeft');
      await playground.expectStep(number);
      back.push(await playground.snapshot());
    }
    expect(back.reverse()).toEqual(forth);
  });

  test('goes to its ends by End and Home, plays by Space and stops', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    await page.keyboard.press('End');
    await playground.expectStep(await playground.stepCount());
    await page.keyboard.press('Home');
    await playground.expectStep(1);

    // Slow enough that a step can be caught before the next one.
    const speed = page.getByRole('combobox', { name: 'Speed' });
    await speed.selectOption('0.25');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('Space');
    await playground.expectStep(2);
    await page.keyboard.press('Space');
    await expect(playground.transport.getByRole('button', { name: 'Play' })).toBeVisible();

    await page.keyboard.press('End');
    for (let count = 0; count < 3; count += 1) await page.keyboard.press('ArrowLeft');
    await playground.expectStep((await playground.stepCount()) - 3);
    await speed.selectOption('8');
    await page.getByRole('heading', { level: 1 }).click();
    await page.keyboard.press('Space');
    await playground.expectStep(await playground.stepCount());
    await expect(playground.transport.getByRole('button', { name: 'Play' })).toBeVisible();
  });

  test('leaves keys to a chooser that has the focus', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    await page.getByRole('combobox', { name: 'Speed' }).focus();
    await page.keyboard.press('ArrowRight');
    await playground.expectStep(1);
  });

  test('steps on by arrow keys while a check box has the focus', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    await page.getByRole('checkbox', { name: /zoom in/ }).check();
    await page.keyboard.press('ArrowRight');
    await playground.expectStep(2);
  });

  test('tells the causes of a step back to the command that began it', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    await playground.jumpTo('The first member gives up');
    await page
      .getByRole('region', { name: 'This step' })
      .getByRole('button', { name: 'Why?' })
      .click();
    const chain = page.getByRole('list', { name: /Causes/ }).getByRole('listitem');
    await expect(chain.first()).toBeVisible();
    await expect(chain.last()).toContainText('Script: start');
    const before = await playground.snapshot();
    await chain.first().getByRole('button').click();
    expect(await playground.snapshot()).not.toBe(before);
  });

  test('brings the stage in sight when the text of a phone asks for a moment', async ({ page }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const playground = new PlaygroundPage(page);
    await playground.open();
    await playground.jumpTo('The first member gives up');
    await expect(playground.coordinator).toBeInViewport();
  });

  test('takes the numbers of its text from the run', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    const text = page.getByRole('article', { name: 'What a rebalance is' });
    await expect(text).toContainText('C1: orders-0, orders-1; C2: orders-2; C3: orders-3');
    await expect(text).not.toContainText('{{');
    await expect(text).not.toContainText('not in this run');
  });

  test('answers a prediction only after one was made', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    const question = page.getByRole('group', { name: /How many do C1 and C2 give up/ });
    const reveal = question.getByRole('button', { name: 'Reveal' });
    await expect(reveal).toBeDisabled();
    await question.getByLabel('One', { exact: true }).check();
    await reveal.click();
    await expect(question).toContainText('No: All of them.');
  });

  test('draws the sequence diagram of the rebalance when its tab is shown', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(request.url()));
    await playground.open();
    expect(loaded.filter((url) => url.includes('mermaid'))).toEqual([]);
    await playground.jumpTo('The first heartbeat with news');
    await playground.showTab('Diagram');
    const diagram = page.getByTestId(TEST_IDS.diagram);
    await expect(diagram).toContainText('MEMBER_ID_REQUIRED');
    await expect(diagram).toContainText('C3 (java)');
  });

  test('lights the state of the chosen member in its state machine', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    await playground.open();
    await playground.jumpTo('All have an owner again');
    await playground.showTab('Machine');
    const machine = page.getByTestId(TEST_IDS.machine);
    await expect(machine.locator('.lit text')).toHaveText('stable');
    await playground.member('C3').getByRole('button', { name: 'C3' }).click();
    await page.keyboard.press('Home');
    await expect(machine.locator('.lit text')).toHaveText('down');
    await expect(machine).toHaveAccessibleName(/C3/);
  });

  test('asks nobody but its own server for anything', async ({ page, baseURL }) => {
    const playground = new PlaygroundPage(page);
    const origins = new Set<string>();
    const refused: string[] = [];
    page.on('request', (request) => origins.add(new URL(request.url()).origin));
    page.on('console', (message) => {
      if (message.type() === 'error') refused.push(message.text());
    });
    await playground.open();
    for (const tab of ['Diagram', 'Machine', 'Live', 'Tap', 'Log']) {
      await playground.showTab(tab);
      await expect(page.getByRole('tabpanel', { name: tab })).toBeVisible();
    }
    await playground.showTab('Diagram');
    await expect(page.getByTestId(TEST_IDS.diagram)).toBeVisible();
    expect([...origins]).toEqual([new URL(baseURL ?? '').origin]);
    // Nor does the page's own policy have to stop it.
    expect(refused).toEqual([]);
  });

  test('needs at most 100 KiB of compressed code before anything is pressed', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    const bodies: Promise<Buffer>[] = [];
    page.on('response', (response) => {
      if (/\.(js|css)$/.test(new URL(response.url()).pathname)) bodies.push(response.body());
    });
    await playground.open();
    const sizes = (await Promise.all(bodies)).map((body) => gzipSync(body).length);
    // The page, what it shares with its tabs, and its styles; the run is there already, so the simulator
    // is not needed.
    expect(sizes.length).toBeLessThanOrEqual(3);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(100 * 1_024);
  });

  test('opens with the run that the simulator makes of its scenario', async ({ page }) => {
    const playground = new PlaygroundPage(page);
    const answer = page.waitForResponse(/\/eager-join\.run-[^/]+\.json$/);
    await playground.open();
    const scenario = existing(SCENARIOS.get('eager-join'), 'scenario');
    expect(await (await answer).text()).toBe(printRun(simulate(scenario)));
  });

  test('simulates where the prepared run does not come', async ({ page }) => {
    await page.route('**/*.run-*.json', (route) => route.abort());
    await new PlaygroundPage(page).open();
  });

  test('says what to do when the simulation cannot be started', async ({ page }) => {
    await page.route('**/*.run-*.json', (route) => route.abort());
    await page.route('**/engine.worker*', (route) => route.abort());
    await page.goto('./');
    await expect(page.getByRole('alert')).toContainText('could not be started');
    await page.unroute('**/engine.worker*');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect(new PlaygroundPage(page).coordinator).toBeVisible();
  });
});
