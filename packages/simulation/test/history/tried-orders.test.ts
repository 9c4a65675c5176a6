import { describe, expect, test } from 'vitest';
import { TriedOrders } from '../../src/history/tried-orders.ts';

describe('orders that were tried', () => {
  /** Of 64 slots, those of calls that are never answered. */
  const unanswered = [0b1100, 1 << 31];
  const tried = (...orders: readonly (readonly number[])[]): TriedOrders => {
    const all = new TriedOrders();
    for (const done of orders) all.add(done, unanswered, 'a');
    return all;
  };

  test('stand for those in which more unanswered calls took effect', () => {
    const orders = tried([0b0101, 0]);
    expect(orders.has([0b0101, 0], unanswered, 'a')).toBe(true);
    expect(orders.has([0b1101, 0], unanswered, 'a')).toBe(true);
    expect(orders.has([0b0101, 1 << 31], unanswered, 'a')).toBe(true);
  });

  test('do not stand for those in which fewer or others did', () => {
    const orders = tried([0b0101, 0]);
    expect(orders.has([0b0001, 0], unanswered, 'a')).toBe(false);
    expect(orders.has([0b1001, 1 << 31], unanswered, 'a')).toBe(false);
  });

  test('do not stand for those in which more answered calls took effect, nor for another object', () => {
    const orders = tried([0b0101, 0]);
    expect(orders.has([0b0111, 0], unanswered, 'a')).toBe(false);
    expect(orders.has([0b0100, 0], unanswered, 'a')).toBe(false);
    expect(orders.has([0b0101, 0], unanswered, 'b')).toBe(false);
  });

  test('are forgotten when one with fewer is added, and kept beside one with others', () => {
    const orders = tried([0b1101, 0], [0b0001, 1 << 31], [0b0101, 0]);
    expect(orders.has([0b1001, 0], unanswered, 'a')).toBe(false);
    expect(orders.has([0b1001, 1 << 31], unanswered, 'a')).toBe(true);
    expect(orders.has([0b1101, 0], unanswered, 'a')).toBe(true);
  });
});
