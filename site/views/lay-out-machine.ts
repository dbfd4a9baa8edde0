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
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  /** Transitions between the same two states are one edge with several labels. */
  readonly edges: readonly PlacedEdge[];
}

const STATE_HEIGHT = 34;
const CHARACTER_WIDTH = 8.5;

/** Places the states and edges of a machine. Same machine, same picture. */
export function layOutMachine(machine: MachineGraph): PlacedMachine {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 22, ranksep: 42, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of machine.states) {
    graph.setNode(id, { width: id.length * CHARACTER_WIDTH + 24, height: STATE_HEIGHT });
  }
  const labels = new Map<string, string[]>();
  for (const { from, to, label } of machine.transitions) {
    const key = `${from} ${to}`;
    const known = labels.get(key);
    if (known === undefined) {
      labels.set(key, [label]);
      // A loop would widen the layout for an arrow that the list below names anyway.
      if (from !== to) graph.setEdge(from, to);
    } else known.push(label);
  }
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    states: machine.states.map((state) => {
      const node = graph.node(state.id);
      return { ...state, x: node.x, y: node.y, width: node.width, height: node.height };
    }),
    edges: graph.edges().map(({ v: from, w: to }) => ({
      from,
      to,
      labels: labels.get(`${from} ${to}`) ?? [],
      path: pathOf(graph.edge(from, to).points ?? []),
    })),
  };
}

/** A smooth line: through the middles of dagre's points, bent by the points themselves. */
export function pathOf(points: readonly { readonly x: number; readonly y: number }[]): string {
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
