import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { printAccess, readAccess } from '../../server/access.ts';

describe('readAccess', () => {
  it('is loopback without options', () => {
    expect(readAccess(undefined, false)).toMatchObject({ host: '127.0.0.1', isRemote: false });
  });

  it('lets others in when both options are given', () => {
    expect(readAccess('192.0.2.7', true)).toMatchObject({ host: '192.0.2.7', isRemote: true });
  });

  it('refuses one option without the other', () => {
    expect(() => readAccess('192.0.2.7', false)).toThrow('would let other machines reach');
    expect(() => readAccess(undefined, true)).toThrow('does not say on which address');
  });

  it('has another token each time', () => {
    expect(readAccess(undefined, false).token).not.toBe(readAccess(undefined, false).token);
  });
});

describe('printAccess', () => {
  it('puts the token into the address only where the page cannot ask for it', () => {
    const local = readAccess(undefined, false);
    expect(printAccess(local, 80)[0]).toMatch(/http:\/\/127\.0\.0\.1:80\/ /);
    const remote = readAccess('2001:db8::1', true);
    expect(printAccess(remote, 80)[0]).toContain(`http://[2001:db8::1]:80/#token=${remote.token} `);
    for (const access of [local, remote])
      expect(printAccess(access, 80)[1]).toContain(access.token);
  });

  it('names an address that others can open where it listens on all', () => {
    const [line = ''] = printAccess(readAccess('0.0.0.0', true), 80);
    const others = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    const hasOthers = others.some(({ internal }) => !internal);
    expect(line.includes('0.0.0.0')).toBe(!hasOthers);
  });
});
