import { Graph, layout } from '@dagrejs/dagre';
import type { MachineGraph } from '../../engine/index.ts';

export interface PlacedState {
  readonly id: string;
  readonly description: string;
  readonly isFinal: boolean;
  /** Centre and size, in the picture's units. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly labels: readonly string[];
  /** An SVG path. */
  readonly path: string;
  readonly labelX: number;
  readonly labelY: number;
}

export interface MachineLayout {
  readonly width: number;
  readonly height: number;
  readonly states: readonly PlacedState[];
  readonly edges: readonly PlacedEdge[];
}

const LABEL_CHARACTER = 6.2;
const LABEL_LINE = 13;

/** Places the states and arrows of a machine; dagre decides where. */
export function layOut(machine: MachineGraph): MachineLayout {
  const graph = new Graph({ multigraph: false });
  graph.setGraph({ rankdir: 'TB', nodesep: 26, ranksep: 34, edgesep: 14, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of machine.states) {
    graph.setNode(id, { width: id.length * 8.4 + 26, height: 34 });
  }
  const labels = labelsByEdge(machine);
  for (const [key, { from, to, lines }] of labels) {
    if (from === to) continue;
    const width = Math.max(...lines.map((line) => line.length)) * LABEL_CHARACTER + 8;
    const height = lines.length * LABEL_LINE + 4;
    graph.setEdge(from, to, { width, height, labelpos: 'c', key });
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  const states = machine.states.map((state) => {
    const { x = 0, y = 0, width: nodeWidth = 0, height: nodeHeight = 0 } = graph.node(state.id);
    return { ...state, x, y, width: nodeWidth, height: nodeHeight };
  });
  const edges = [...labels].flatMap(([key, { from, to, lines }]): PlacedEdge[] => {
    if (from === to) return [];
    const { points = [], x = 0, y = 0 } = graph.edge(from, to);
    return [{ key, from, to, labels: lines, path: pathThrough(points), labelX: x, labelY: y }];
  });
  return { width, height, states, edges };
}

/** Arrows between the same two states are drawn as one, with a line for each event. */
function labelsByEdge(
  machine: MachineGraph,
): ReadonlyMap<string, { readonly from: string; readonly to: string; readonly lines: string[] }> {
  const edges = new Map<string, { from: string; to: string; lines: string[] }>();
  for (const { from, to, label } of machine.transitions) {
    const key = `${from}>${to}`;
    const edge = edges.get(key) ?? { from, to, lines: [] };
    if (!edge.lines.includes(label)) edge.lines.push(label);
    edges.set(key, edge);
  }
  return edges;
}

/** A smooth line through dagre's points. */
function pathThrough(points: readonly { readonly x: number; readonly y: number }[]): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const middle = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? point;
    return `Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  const last = rest.at(-1) ?? first;
  return [`M${first.x},${first.y}`, ...middle, `L${last.x},${last.y}`].join(' ');
}
