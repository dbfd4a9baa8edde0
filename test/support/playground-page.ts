import { expect, type Locator, type Page } from '@playwright/test';
import { TEST_IDS } from '../../site/test-ids.ts';

/** The page as tests see it. */
export class PlaygroundPage {
  readonly page: Page;
  readonly coordinator: Locator;
  readonly transport: Locator;

  constructor(page: Page) {
    this.page = page;
    this.coordinator = page.getByRole('article', { name: 'Coordinator' });
    this.transport = page.getByRole('group', { name: 'Transport' });
  }

  /** Opens lesson 1 and waits until it is simulated. */
  async open(): Promise<void> {
    await this.page.goto('./');
    await expect(this.coordinator).toBeVisible();
  }

  member(name: string): Locator {
    return this.page.getByRole('article', { name: `Member ${name}` });
  }

  async showTab(name: string): Promise<void> {
    await this.page.getByRole('tab', { name }).click();
  }

  async jumpTo(chapter: string): Promise<void> {
    await this.page.getByRole('button', { name: `Show: ${chapter}` }).click();
  }

  /** All that the stage says, and which step it is. */
  async snapshot(): Promise<string> {
    const stage = this.page.getByTestId(TEST_IDS.stage);
    const now = this.page.getByRole('region', { name: 'This step' });
    const texts = await Promise.all([
      this.transport.getByText(/^step \d+ of \d+/).innerText(),
      now.innerText(),
      stage.innerText(),
      ...(await stage.locator('[data-state]').all()).map((card) => card.getAttribute('data-state')),
    ]);
    return texts.join('\n');
  }

  async stepCount(): Promise<number> {
    const text = await this.transport.getByText(/^step \d+ of \d+/).innerText();
    return Number(/of (?<count>\d+)/.exec(text)?.groups?.['count']);
  }

  async expectStep(number: number): Promise<void> {
    await expect(this.transport.getByText(new RegExp(`^step ${number} of`))).toBeVisible();
  }
}
