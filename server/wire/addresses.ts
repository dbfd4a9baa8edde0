import { asBody, asList, asNumber, type WireBody } from './codec.ts';
import { API_VERSIONS_KEY, apiOfKey } from './frame.ts';
import type { Api } from './schema.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The address to use instead; null to leave it as it is. */
export type Redirect = (address: Address) => Promise<Address | null>;

/** By API, the field that lists nodes with `host` and `port`. */
const NODES: Readonly<Record<string, string>> = {
  Metadata: 'brokers',
  DescribeCluster: 'brokers',
  FindCoordinator: 'coordinators',
  Produce: 'nodeEndpoints',
  Fetch: 'nodeEndpoints',
  ShareFetch: 'nodeEndpoints',
  ShareAcknowledge: 'nodeEndpoints',
};

/**
 * From version 16 on an answer to Fetch may end in addresses (KIP-951), and would have to be held
 * until it is whole. A client that is not offered it asks for new leaders by Metadata instead.
 */
const NEWEST_FETCH = 15;

const LARGEST_PORT = 65_535;

/** Whether answers of this API are to be changed before a client sees them. */
export const isRedirected = (api: Api): boolean =>
  api.key === API_VERSIONS_KEY || NODES[api.name] !== undefined;

/**
 * The answer with other addresses of brokers, so that a client comes back the way it came; null
 * when there is nothing to change.
 *
 * An answer to ApiVersions offers no version that is newer than the table: it could not be changed.
 *
 * @throws WireProblem for a body that is not one of this API.
 */
export async function redirect(
  api: Api,
  body: WireBody,
  elsewhere: Redirect,
): Promise<WireBody | null> {
  if (api.key === API_VERSIONS_KEY) return withKnownVersions(body);
  const field = NODES[api.name] ?? '';
  const nodes = body[field];
  // Until version 3 FindCoordinator names one coordinator, in the body itself.
  if (nodes === undefined) return redirectNode(body, elsewhere);
  const list = asList(nodes);
  const changed = await Promise.all(list.map((node) => redirectNode(asBody(node), elsewhere)));
  if (changed.every((node) => node === null)) return null;
  return { ...body, [field]: changed.map((node, index) => node ?? list[index] ?? null) };
}

async function redirectNode(node: WireBody, elsewhere: Redirect): Promise<WireBody | null> {
  const { host, port } = node;
  // With an error there is no coordinator: "" and -1.
  if (typeof host !== 'string' || typeof port !== 'number' || host === '') return null;
  // The field has room for what is no port, and to connect there would be an exception.
  if (port <= 0 || port > LARGEST_PORT) return null;
  const address = await elsewhere({ host, port });
  return address === null ? null : { ...node, ...address };
}

function withKnownVersions(body: WireBody): WireBody | null {
  const offered = asList(body['apiKeys']).map(asBody);
  const apiKeys = offered.map((entry): WireBody => {
    const api = apiOfKey(asNumber(entry['apiKey']));
    const newest = api?.name === 'Fetch' ? NEWEST_FETCH : (api?.response.versions.to ?? Infinity);
    const isTooNew = asNumber(entry['maxVersion']) > newest;
    return isTooNew && asNumber(entry['minVersion']) <= newest
      ? { ...entry, maxVersion: newest }
      : entry;
  });
  return apiKeys.every((entry, index) => entry === offered[index]) ? null : { ...body, apiKeys };
}
