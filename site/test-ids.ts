/** Where a role does not tell things apart, tests find them by these. */
export const TEST_IDS = {
  stage: 'stage',
  diagram: 'diagram',
  machine: 'machine',
  verdict: 'verdict',
} as const;
