/**
 * What is being shown: the lesson's run; what real clients did, in a live run or in a recording that was
 * opened; its simulation; the real run before it; or what programs do that come through a tap.
 */
export type Shown = 'lesson' | 'simulated' | 'real' | 'earlier' | 'tapped';
