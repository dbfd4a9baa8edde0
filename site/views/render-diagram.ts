import type { Mermaid } from 'mermaid';

/** Pictures that were drawn, so that a rebalance is drawn once for each colour scheme. */
const drawn = new Map<string, Promise<string>>();
let mermaid: Promise<Mermaid> | null = null;
let count = 0;

/** Draws a Mermaid text as SVG. Mermaid, by far the largest part of the site, comes with the first. */
export function renderDiagram(source: string): Promise<string> {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const key = `${isDark ? 'dark' : 'light'}\n${source}`;
  const known = drawn.get(key);
  if (known !== undefined) return known;
  const picture = draw(source, isDark);
  drawn.set(key, picture);
  // A failure is not remembered: the network may be back at the next attempt.
  picture.catch(() => drawn.delete(key));
  return picture;
}

async function draw(source: string, isDark: boolean): Promise<string> {
  mermaid ??= import('mermaid').then((module) => module.default);
  const drawer = await mermaid.catch((error: unknown) => {
    mermaid = null;
    throw error;
  });
  drawer.initialize({
    startOnLoad: false,
    securityLevel: 'strict',
    theme: isDark ? 'dark' : 'default',
    fontFamily: 'system-ui, sans-serif',
    sequence: { mirrorActors: false, useMaxWidth: true },
  });
  const { svg } = await drawer.render(`diagram-${count++}`, source);
  return svg;
}
