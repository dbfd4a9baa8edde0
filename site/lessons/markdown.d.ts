declare module '*.md' {
  import type { TextSection } from './markdown-plugin.ts';
  const sections: readonly TextSection[];
  export default sections;
}
