import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  difference,
  type NodeSet,
  noNodes,
  onlyNode,
  union,
  withNode,
  withoutNode,
} from '../../src/kernel/node-set.ts';

const nodes = fc.uniqueArray(fc.nat(12), { maxLength: 8 });
const setOf = (members: readonly number[]): NodeSet => members.reduce(withNode, noNodes);

test('equal sets are equal arrays, in whatever order they came to be, and the same where nodes are few', () => {
  fc.assert(
    fc.property(nodes, nodes, (a, b) => {
      const wanted = [...new Set([...a, ...b])].sort((one, other) => one - other);
      const one = union(setOf(a), setOf(b));
      const other = wanted.reduceRight(withNode, noNodes);
      expect(one).toEqual(wanted);
      expect(other).toEqual(wanted);
      if (wanted.every((node) => node < 8)) expect(one).toBe(other);
      expect(difference(one, setOf(b))).toEqual(wanted.filter((node) => !b.includes(node)));
    }),
  );
});

test('a set without a node is the set of the others', () => {
  fc.assert(
    fc.property(nodes, fc.nat(12), (members, node) => {
      const left = members.filter((each) => each !== node).sort((one, other) => one - other);
      expect(withoutNode(setOf(members), node)).toEqual(left);
    }),
  );
  expect(withoutNode(onlyNode(3), 3)).toBe(noNodes);
});
