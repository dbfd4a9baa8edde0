/** What markdown-plugin.ts makes of a text; an ambient module cannot import the type from there. */
declare module '*.md' {
  const sections: readonly {
    readonly id: string;
    readonly title: string;
    readonly html: string;
  }[];
  export default sections;
}
