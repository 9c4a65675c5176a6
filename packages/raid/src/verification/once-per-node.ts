/** What follows from a scenario alone for one of its nodes, computed once: properties ask for it in every state. */
export function oncePerNode<Scenario extends object, Value>(
  compute: (scenario: Scenario, node: number) => Value,
): (scenario: Scenario, node: number) => Value {
  const known = new WeakMap<Scenario, Map<number, Value>>();
  return (scenario, node) => {
    const ofScenario = known.get(scenario) ?? new Map<number, Value>();
    if (ofScenario.size === 0) known.set(scenario, ofScenario);
    const before = ofScenario.get(node);
    if (before !== undefined) return before;
    const value = compute(scenario, node);
    ofScenario.set(node, value);
    return value;
  };
}
