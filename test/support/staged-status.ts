import type { Page } from '@playwright/test';
import type { BridgeStatus } from '../../engine/index.ts';

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
