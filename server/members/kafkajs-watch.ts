import { createRequire } from 'node:module';
import { toRecordedBodies } from '../record/kafkajs-request.ts';
import type { UntimedLine } from './contract.ts';

/** A request as kafkajs's protocol modules make it, of which we touch the decoder only. */
interface Made {
  readonly response: {
    readonly decode: (raw: unknown) => Promise<Readonly<Record<string, unknown>>>;
  };
}
type Make = (args: Readonly<Record<string, unknown>>) => Made;
interface Definition {
  protocol: (choice: { readonly version: number }) => Make;
}

const APIS = [
  'FindCoordinator',
  'GroupCoordinator',
  'JoinGroup',
  'SyncGroup',
  'Heartbeat',
  'LeaveGroup',
  'OffsetCommit',
  'OffsetFetch',
];

/**
 * Hears every exchange of this process's consumers with the group's coordinator, requests and
 * answers with their bodies.
 *
 * kafkajs's own events name a request but not what it holds, so the modules that encode requests
 * and decode answers are wrapped. They are not part of its public interface; its last version,
 * 2.2.4, is the only one that is run here.
 */
export function watchExchanges(hear: (line: UntimedLine, epochMs: number) => void): void {
  const { requests } = createRequire(import.meta.url)('kafkajs/src/protocol/requests/index.js') as {
    readonly requests: Readonly<Record<string, Definition | undefined>>;
  }; // It has no types.
  for (const name of APIS) {
    const definition = requests[name];
    if (definition === undefined) continue;
    const api = name === 'GroupCoordinator' ? 'FindCoordinator' : name;
    const protocol = definition.protocol.bind(definition);
    definition.protocol = ({ version }) => {
      const make = protocol({ version });
      return (args) => watched(make(args), api, version, args, hear);
    };
  }
}

function watched(
  made: Made,
  api: string,
  version: number,
  args: Readonly<Record<string, unknown>>,
  hear: (line: UntimedLine, epochMs: number) => void,
): Made {
  const sentMs = Date.now();
  const decode = async (raw: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const answeredMs = Date.now();
    const body = await made.response.decode(raw);
    const bodies = toRecordedBodies({ api, version, args, body });
    if (bodies !== null) {
      const { errors, ...rest } = bodies;
      const named = errors.length > 0 ? { errors } : {};
      const tookMs = answeredMs - sentMs;
      hear({ type: 'request', api, version, tookMs, ...rest, ...named }, answeredMs);
    }
    return body;
  };
  return { ...made, response: { ...made.response, decode } };
}
