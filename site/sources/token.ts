/** The header that requests carry which have the server act. */
const HEADER = 'playground-token';
const KEPT_AS = 'playground-token';

let token: string | null = null;

/**
 * Takes the token out of the address that a server has printed for other machines, and keeps it for
 * this tab of the browser, so that it is neither in the history nor in a copied address.
 */
export function takeTokenFromAddress(): void {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  try {
    if (found !== undefined) sessionStorage.setItem(KEPT_AS, found);
    token = found ?? sessionStorage.getItem(KEPT_AS);
  } catch {
    // A browser that keeps nothing: the address has to be opened again after a reload.
    token = found ?? null;
  }
  if (found !== undefined) history.replaceState(null, '', location.pathname + location.search);
}

/** A server for this machine alone tells the token to pages that it has served. */
export function keepToken(told: string | null): void {
  token = told ?? token;
}

export const tokenHeader = (): Readonly<Record<string, string>> =>
  token === null ? {} : { [HEADER]: token };
