/** The same numbers for the same seed. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const holding = ['get', 'grab', 'tryGrab', 'grabManual', 'find'];
const ops = ['read', 'write', 'set', 'evict', 'flush', 'remove', 'sync', 'execute', 'watch', 'prefetch', ...holding];
const withValue = new Set(['write', 'set', 'execute']);

/** Calls, deliveries, deaths, restarts and changes of view at random; in the end everybody who lives is a member. */
export function randomLives(seed: number, nodes: number, slowFill: boolean): object[] {
  const random = randomFrom(seed);
  const lines: object[] = [];
  const held: string[] = [];
  const down = new Set<number>();
  let views = 0;
  for (let step = 0; step < 60; step++) {
    const node = random(nodes);
    const other = (node + 1 + random(nodes - 1)) % nodes;
    const what = random(20);
    if (what < 8) {
      lines.push({ deliver: [node, other] });
    } else if (what < 14) {
      const op = ops[random(ops.length)]!;
      if (holding.includes(op)) held.push(`c${step}`);
      const value = withValue.has(op) ? { value: `v${step}` } : {};
      lines.push({ call: `c${step}`, node, op, ...value, ...(op === 'flush' && { to: other }) });
    } else if (what < 16) {
      const of = held.splice(random(held.length), 1)[0];
      if (of !== undefined) lines.push({ op: 'put', of });
    } else if (what === 16) {
      if (slowFill) lines.push(random(3) === 0 ? { fill: node, error: true } : { fill: node, value: `f${step}` });
    } else if (what === 17 && down.size < nodes - 1 && !down.has(node)) {
      down.add(node);
      lines.push({ crash: node, keep: [[node, other, random(3)], ...(random(3) === 0 ? [[other, node, 1]] : [])] });
    } else if (what === 18) {
      lines.push({ view: ++views, ...(random(3) === 0 && { nodes: [node] }) });
    } else if (what === 19) {
      const dead = [...down][random(down.size)];
      if (dead === undefined) continue;
      down.delete(dead);
      lines.push({ restart: dead });
    }
  }
  for (const of of held) lines.push({ op: 'put', of });
  return [...lines, { view: views + 1 }, { deliver: 'all' }, { view: views + 2 }, { deliver: 'all' }];
}
