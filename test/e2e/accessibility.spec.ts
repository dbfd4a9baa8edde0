import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { PlaygroundPage } from '../support/playground-page.ts';

const SCREENS = [
  { name: 'wide and light', width: 1440, height: 900, scheme: 'light' },
  { name: 'wide and dark', width: 1440, height: 900, scheme: 'dark' },
  { name: 'narrow and light', width: 390, height: 844, scheme: 'light' },
  { name: 'narrow and dark', width: 320, height: 640, scheme: 'dark' },
] as const;

for (const { name, width, height, scheme } of SCREENS) {
  test.describe(`the page, ${name}`, () => {
    test.use({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });

    test('has nothing that axe objects to, on any tab', async ({ page }) => {
      const playground = new PlaygroundPage(page);
      await playground.open();
      await playground.jumpTo('The first member gives up');
      for (const tab of ['Log', 'Diagram', 'Machine', 'Live', 'Tap']) {
        await playground.showTab(tab);
        await expect(page.getByRole('tabpanel', { name: tab })).not.toContainText(' …');
        const { violations } = await new AxeBuilder({ page }).analyze();
        const found = violations.map(({ id, nodes }) => ({
          id,
          at: nodes.map((node) => node.html),
        }));
        expect(found, tab).toEqual([]);
      }
    });

    test('does not scroll sideways', async ({ page }) => {
      const playground = new PlaygroundPage(page);
      await playground.open();
      await playground.jumpTo('The first member gives up');
      for (const tab of ['Log', 'Diagram', 'Machine', 'Live', 'Tap']) {
        await playground.showTab(tab);
        await expect(page.getByRole('tabpanel', { name: tab })).not.toContainText(' …');
        const widths = await page.evaluate(() => ({
          inner: document.documentElement.clientWidth,
          needed: document.documentElement.scrollWidth,
        }));
        expect(widths.needed, tab).toBeLessThanOrEqual(widths.inner);
      }
    });
  });
}
