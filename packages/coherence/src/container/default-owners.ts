import type { MemberSlot } from '@holdfast/runtime/service';
import type { MapKey } from './key-form.ts';

/**
 * Highest random weight hashing (Thaler and Ravishankar, 1998): every node gets a weight for the key, the heaviest wins.
 * All who know the nodes agree without asking, and a node that goes moves only the keys it had.
 */
export function heaviest(key: MapKey, nodes: readonly MemberSlot[]): MemberSlot {
  const hash = hashOf(key);
  let [best, most] = [nodes[0]!, -1];
  for (const node of nodes) {
    const weight = mix(hash ^ mix(node + 1));
    if (weight > most) [best, most] = [node, weight];
  }
  return best;
}

/** FNV-1a over the UTF-16 units of the key, or of what a number looks like. */
function hashOf(key: MapKey): number {
  const text = typeof key === 'number' ? `#${key}` : key;
  return textHash(text);
}

export function textHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}

/** The finaliser of MurmurHash3: every input bit reaches every output bit. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
