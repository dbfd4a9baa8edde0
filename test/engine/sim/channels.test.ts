import { describe, expect, it } from 'vitest';
import { Channels } from '../../../engine/sim/channels.ts';

const request = (correlationId: number, node = 0) => ({ correlationId, node });

describe('Channels', () => {
  it('keeps what comes while a request is held, and gives it in order as that is answered', () => {
    const channels = new Channels<string, ReturnType<typeof request>>();
    expect(channels.take('a', request(1))).toBe(true);
    expect(channels.take('a', request(2))).toBe(false);
    expect(channels.take('a', request(3))).toBe(false);
    expect(channels.answer('a', 1)).toEqual(request(2));
    expect(channels.take('a', request(2))).toBe(true);
    expect(channels.answer('a', 2)).toEqual(request(3));
  });

  it('lets nobody wait for another peer', () => {
    const channels = new Channels<string, ReturnType<typeof request>>();
    channels.take('a', request(1));
    expect(channels.take('b', request(1))).toBe(true);
  });

  it('pays no attention to the answer of a request that is not held', () => {
    const channels = new Channels<string, ReturnType<typeof request>>();
    channels.take('a', request(1));
    channels.take('a', request(2));
    expect(channels.answer('a', 7)).toBeNull();
    expect(channels.isBusyWith('a', 1)).toBe(true);
  });

  it('opens a new connection to another node', () => {
    const channels = new Channels<string, ReturnType<typeof request>>();
    channels.take('a', request(1, 0));
    expect(channels.take('a', request(2, 1))).toBe(true);
  });

  it('loses what waits when a connection breaks', () => {
    const channels = new Channels<string, ReturnType<typeof request>>();
    channels.take('a', request(1));
    channels.take('a', request(2));
    expect(channels.cut('a')).toEqual([request(2)]);
    expect(channels.take('a', request(3))).toBe(true);
  });
});
