import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Tls } from '../security.ts';
import type { Address } from './addresses.ts';

/** A connection to a broker; one by TLS is ready at its `secureConnect`. */
export function connectTo(address: Address, tls: Tls | null): Socket {
  if (tls === null) return connect({ ...address });
  // The name is what a balancer in front of several brokers goes by, and must not be an IP address.
  const servername = isIP(address.host) === 0 ? { servername: address.host } : {};
  return connectTls({ ...address, ...servername, ...tls });
}
