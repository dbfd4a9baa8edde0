import dagre from '@dagrejs/dagre';
import type { MachineGraph } from '../../engine/index.ts';

export interface PlacedState {
  readonly id: string;
  readonly description: string;
  readonly isFinal: boolean;
  /** Its centre. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
  /** For an SVG path. */
  readonly path: string;
}

export interface PlacedMachine {
  /** Where the picture begins: an edge may swing out to the left of all states. */
  readonly left: number;
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  /** Transitions between the same two states are one edge with several labels. */
  readonly edges: readonly PlacedEdge[];
  /** States that nearly all others lead to: only the first arrow to them is drawn. */
  readonly hubs: readonly string[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}
type Box = Point & { readonly width: number; readonly height: number };

/** More arrows than these into one state hide the rest of the picture. */
const MOST_SOURCES = 7;
const STATE_HEIGHT = 34;
const MARGIN = 8;
const CHARACTER_WIDTH = 8.5;

/** Places the states and edges of a machine. Same machine, same picture. */
export function layOutMachine(machine: MachineGraph): PlacedMachine {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 30, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of machine.states) {
    graph.setNode(id, { width: id.length * CHARACTER_WIDTH + 24, height: STATE_HEIGHT });
  }
  const hubs = machine.states.map(({ id }) => id).filter((id) => isHub(machine, id));
  const reached = new Set<string>();
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of machine.transitions) {
    const key = `${from} ${to}`;
    const known = labels.get(key);
    if (known === undefined) {
      labels.set(key, [label]);
      // A loop would widen the layout for an arrow that the list below names anyway.
      const isRepeated = hubs.includes(to) && reached.has(to);
      if (from !== to && !isRepeated) graph.setEdge(from, to);
      reached.add(to);
    } else known.push(label);
  }
  dagre.layout(graph);
  const graphBox = graph.graph() as Omit<Box, 'x' | 'y'>;
  // dagre's own size leaves out edges that swing around states.
  const points = graph.edges().flatMap((edge) => pointsOf(graph.edge(edge)));
  const left = Math.min(0, ...points.map(({ x }) => x - MARGIN));
  return {
    hubs,
    left,
    width: Math.max(graphBox.width, ...points.map(({ x }) => x + MARGIN)) - left,
    height: graphBox.height,
    states: machine.states.map((state) => {
      // dagre writes what it found into the labels that it was given, and types them as any.
      const node = graph.node(state.id) as Box;
      return { ...state, x: node.x, y: node.y, width: node.width, height: node.height };
    }),
    edges: graph.edges().map(({ v: from, w: to }) => ({
      from,
      to,
      labels: labels.get(`${from} ${to}`) ?? [],
      path: pathOf(pointsOf(graph.edge(from, to))),
    })),
  };
}

const pointsOf = (label: unknown): readonly Point[] =>
  (label as { readonly points: readonly Point[] }).points;

function isHub({ transitions }: MachineGraph, id: string): boolean {
  const sources = transitions.filter(({ from, to }) => to === id && from !== id);
  return new Set(sources.map(({ from }) => from)).size > MOST_SOURCES;
}

/** A smooth line: through the middles of dagre's points, bent by the points themselves. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const parts = [`M${print(first.x)},${print(first.y)}`];
  rest.forEach((point, index) => {
    const next = rest[index + 1];
    if (next === undefined) parts.push(`L${print(point.x)},${print(point.y)}`);
    else {
      const middle = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
      parts.push(`Q${print(point.x)},${print(point.y)} ${print(middle.x)},${print(middle.y)}`);
    }
  });
  return parts.join(' ');
}

const print = (value: number): string => value.toFixed(1);
