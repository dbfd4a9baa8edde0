declare module 'virtual:prepared-runs' {
  /** Where the run of a scenario is, by the scenario's name. */
  const addresses: Readonly<Record<string, string>>;
  export default addresses;
}
