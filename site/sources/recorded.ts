/** What only a run on a real broker needs; loaded when the first one is started. */
export { compareTraces, traceOfRecording } from '../../engine/index.ts';
