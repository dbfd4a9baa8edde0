/** The largest recording that is made or read, of a run or of all groups of a tap together. */
export const LARGEST_RECORDING_BYTES = 64 * 1024 * 1024;

/** `64 MB` */
export const printMegabytes = (bytes: number): string => `${Math.floor(bytes / 1024 / 1024)} MB`;
