import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { networkInterfaces } from 'node:os';
import type { MiddlewareHandler } from 'hono';
import { PlaygroundError } from '../engine/index.ts';

export const LOOPBACK = '127.0.0.1';
/** Requests that act carry the token in this header; no page of another site can set it. */
export const TOKEN_HEADER = 'playground-token';

/** Who is answered, and who may have the server act. */
export interface Access {
  /** The address that the server listens on. */
  readonly host: string;
  /** Other machines reach it, so the token is only for who has read it where the server started. */
  readonly isRemote: boolean;
  /** Anew at each start. */
  readonly token: string;
}

/**
 * Loopback only, unless both options are given.
 *
 * @throws PlaygroundError `usage` when one comes without the other.
 */
export function readAccess(host: string | undefined, allowRemote: boolean): Access {
  const token = randomBytes(24).toString('base64url');
  if (host === undefined && !allowRemote) return { host: LOOPBACK, isRemote: false, token };
  if (host === undefined) {
    throw new PlaygroundError(
      'usage',
      '--allow-remote does not say on which address to listen.',
      'Add --host ADDRESS with an address of this machine, or leave --allow-remote out.',
    );
  }
  if (!allowRemote) {
    throw new PlaygroundError(
      'usage',
      `--host ${host} would let other machines reach a server that starts processes here.`,
      'Add --allow-remote if that is what you want, or leave --host out: it listens on loopback.',
    );
  }
  return { host, isRemote: true, token };
}

/** What the server prints when it listens: where to go, and how to have it act without the page. */
export function printAccess({ host, isRemote, token }: Access, port: number): readonly string[] {
  const fragment = isRemote ? `#token=${token}` : '';
  const [shown = host] = isWildcard(host) ? ownAddresses() : [];
  const name = shown.includes(':') ? `[${shown}]` : shown;
  return [
    `Kafka Rebalance Playground: http://${name}:${port}/${fragment} (Ctrl-C ends it)`,
    `Without the page, POST and DELETE need the header ${TOKEN_HEADER}: ${token}`,
  ];
}

/**
 * Answers only who names this machine by loopback, or by the host that was asked for. A page of another
 * site cannot reach the server by a name of its own that it has pointed here.
 */
export function refuseStrangers({ host, isRemote }: Access): MiddlewareHandler {
  return async (context, next) => {
    const asked = context.req.header('host') ?? '';
    const origin = context.req.header('origin');
    const name = asked
      .replace(/:\d+$/, '')
      .replace(/^\[(.*)\]$/, '$1')
      .toLowerCase();
    const isKnown =
      isLoopback(name) ||
      (isRemote &&
        (isWildcard(host) ? ownAddresses().includes(name) : host.toLowerCase() === name));
    if (isKnown && (origin === undefined || origin === `http://${asked}`)) return next();
    const where = isRemote ? `at ${host} and on loopback addresses` : 'on a loopback address';
    const problem = `This server answers only pages that it served itself, ${where}.`;
    const remedy = 'Open the address that it printed when it started.';
    return context.json({ code: 'page-unreachable', problem, remedy }, 403);
  };
}

/** Lets nobody act who does not have the token; reading is free. */
export function requireToken({ token, isRemote }: Access): MiddlewareHandler {
  const isToken = (text: string): boolean => timingSafeEqual(digest(text), digest(token));
  return async (context, next) => {
    if (['GET', 'HEAD'].includes(context.req.method)) return next();
    if (isToken(context.req.header(TOKEN_HEADER) ?? '')) return next();
    throw new PlaygroundError(
      'token-wrong',
      `The request does not carry this server’s ${TOKEN_HEADER}, which is another at each start.`,
      isRemote
        ? 'Open the address that the server printed, with all that follows "#".'
        : `Load the page again; without a page, send the header ${TOKEN_HEADER} that the server printed.`,
    );
  };
}

/** Of one length whatever was sent, so that the comparison tells nothing. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const isLoopback = (name: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/.test(name);

const isWildcard = (host: string): boolean => host === '0.0.0.0' || host === '::';

/** The addresses by which other machines know this one. */
const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
