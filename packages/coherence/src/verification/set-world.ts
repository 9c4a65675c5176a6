import type { Kernel } from '@holdfast/kernel';
import {
  always,
  type CallSpec,
  canFinish,
  type Monitor,
  mesh,
  monitor,
  type Property,
  part,
  quiescent,
  type WorldSpec,
  type WorldView,
} from '@holdfast/simulation';
import { anyNode, noPayload, type ObjectEntry, type ObjectEvent } from '../kernel/object-types.ts';
import type { SetEnv } from '../kernel/set-env.ts';
import { setKernel } from '../kernel/set-kernel.ts';
import { type SetRules, setRules } from '../kernel/set-rules.ts';
import type { KeyedMessage, KeyedNotice, ObjectKey, ObjectSet, SetEvent, SetResult } from '../kernel/set-types.ts';
import { currentFill, freshPayload, withValue } from './object-host.ts';
import { entryIsAtRest, nobodyForgotten, type Sight, undisturbed } from './object-properties.ts';
import { holds, isIdle, keyedFlights, nodesOf, type Operation } from './object-scenario.ts';
import { versionRanksOfSets } from './renaming.ts';
import { client, entryOfKey, groupCall, type SetScenario, setEnvOf } from './set-scenario.ts';
import {
  brokenPromise,
  decodeValue,
  encodeValue,
  noValue,
  seeReply,
  seeStep,
  type ValueGhost,
} from './value-monitor.ts';

/** The set kernel under a host that makes up values. */
const hostedSet: Kernel<ObjectSet, SetEvent, SetEnv, KeyedMessage, SetResult, KeyedNotice> = {
  ...setKernel,
  step(set, event, env, out) {
    if (event.type === 'object') {
      const value = withValue(entryOfKey(set, event.key, env), event.event);
      setKernel.step(set, { ...event, event: value as typeof event.event }, env, out);
    } else if (event.type === 'putAll') {
      const group = set.groups.find(({ call }) => call === event.call);
      const keys = group?.type === 'grabAll' ? group.keys : [];
      const payloads = keys.map((key) => entryOfKey(set, key, env).version);
      setKernel.step(set, { ...event, payloads }, env, out);
    } else {
      setKernel.step(set, event, env, out);
    }
  },
};

const setOf = (view: WorldView, node: number): ObjectSet => view.state<ObjectSet>(node, 0);

/** The calls of a node: on one object as in worlds of one, and on all of them. */
function callsOf(scenario: SetScenario, node: number): CallSpec[] {
  const env = setEnvOf(scenario, node);
  const calls: CallSpec[] = [];
  const add = (label: string, event: SetEvent, when: (set: ObjectSet) => boolean): void => {
    calls.push({
      label,
      node,
      part: 0,
      times: 'unlimited',
      event: () => event,
      when: (view) => when(setOf(view, node)),
    });
  };
  const isFree = (set: ObjectSet): boolean =>
    set.groups.length === 0 &&
    scenario.keys.every((key) => [client, groupCall].every((call) => isIdle(entryOfKey(set, key, env), call)));
  const onObject = (key: ObjectKey, event: Exclude<ObjectEvent, { type: 'message' }>, when = isFree): void =>
    add(`${event.type} object ${key}`, { type: 'object', key, event }, when);
  const onOne = (key: ObjectKey, operation: Operation): void => {
    if (operation.type === 'get' || operation.type === 'grab') onObject(key, { ...operation, call: client });
    else if (operation.type === 'evict') onObject(key, { type: 'flush', call: client, to: anyNode });
    else if (operation.type === 'remove') onObject(key, { type: 'remove', call: client });
  };
  for (const key of scenario.keys) {
    const isOf = (when: (entry: ObjectEntry) => boolean) => (set: ObjectSet) =>
      set.groups.length === 0 && when(entryOfKey(set, key, env));
    for (const operation of scenario.operations) onOne(key, operation);
    onObject(
      key,
      { type: 'put', call: client, payload: noPayload },
      isOf((entry) => holds(entry, client) && entry.writer === 0),
    );
    onObject(
      key,
      { type: 'put', call: client, payload: freshPayload },
      isOf(({ writer }) => writer === client),
    );
    if (scenario.fill === 'load') {
      const isFilling = (set: ObjectSet): boolean => entryOfKey(set, key, env).status === 'INV_FILLING';
      onObject(key, { type: 'filled', id: currentFill, payload: noPayload }, isFilling);
      onObject(key, { type: 'fill-failed', id: currentFill, absent: false }, isFilling);
    }
  }
  for (const { type } of scenario.operations) {
    if (type === 'grabAll') {
      add('grabAll', { type, call: groupCall, keys: scenario.keys }, isFree);
      add('grabAll the other way around', { type, call: groupCall, keys: scenario.keys.toReversed() }, isFree);
      add(
        'putAll',
        { type: 'putAll', call: groupCall, payloads: [] },
        ({ groups: [group] }) => group?.type === 'grabAll' && group.taken === group.keys.length,
      );
    } else if (type === 'flushSet') {
      add('flushSet', { type, call: groupCall, to: anyNode }, isFree);
    }
  }
  return calls;
}

/** The value of each object. A step of object k is named `k: step`. */
const valuesMonitor = (keys: readonly ObjectKey[]): Monitor =>
  monitor<ValueGhost[]>({
    name: 'values of the objects',
    watches: ['trace', 'reply'],
    initial: () => keys.map(noValue),
    observe(ghosts, { kind, number, value }) {
      if (kind === 'trace') {
        const [key, step] = (value as string).split(': ');
        seeStep(ghosts[Number(key)]!, step, number);
        return;
      }
      const result = value as SetResult;
      if (result.outcome === 'object') seeReply(ghosts[result.key]!, result.result);
      if (result.outcome !== 'held-all') return;
      for (const held of result.objects) seeReply(ghosts[held.key]!, { outcome: 'held', ...held });
    },
    encode: (ghosts, into) => into.list(ghosts, encodeValue),
    decode: (from) => from.list(decodeValue),
    violation: (ghosts) => ghosts.map(brokenPromise).find((each) => each !== undefined),
  });

function propertiesOf(scenario: SetScenario): Property<WorldView>[] {
  const nodes = nodesOf(scenario);
  const envs = nodes.map((node) => setEnvOf(scenario, node));
  const sightOf = (view: WorldView, key: ObjectKey): Sight => ({
    entries: nodes.map((node) => entryOfKey(setOf(view, node), key, envs[node]!)),
    under: keyedFlights(view, scenario.nodes).filter((each) => each.key === key),
  });
  const checks = scenario.keys.map((key) => undisturbed(envs.map(({ objectEnv }) => objectEnv(key))));
  const first = (view: WorldView, check: (sight: Sight, key: ObjectKey) => string | undefined): string | undefined => {
    for (const key of scenario.keys) {
      const violation = check(sightOf(view, key), key);
      if (violation !== undefined) return `object ${key}: ${violation}`;
    }
    return undefined;
  };
  const isAtRest = ({ groups, entries }: ObjectSet): boolean =>
    groups.length === 0 && [...entries.values()].every(entryIsAtRest);
  return [
    always('every object is coherent (I1 to I11)', (view) => first(view, (sight, key) => checks[key]!(sight))),
    quiescent('nobody waits for nothing (I12)', (view) => first(view, nobodyForgotten)),
    canFinish(
      'every call can end (L1)',
      (view) => view.messagesInFlight === 0 && nodes.every((node) => isAtRest(setOf(view, node))),
    ),
  ];
}

/** The world of a scenario of several objects, with the production rules or with one replaced. */
export function setWorld(scenario: SetScenario, rules: SetRules = setRules): WorldSpec {
  const nodes = nodesOf(scenario);
  return {
    name: scenario.name,
    nodes: nodes.map((node) => ({
      name: `n${node}`,
      parts: [
        part({
          name: 'set',
          kernel: hostedSet,
          env: () => setEnvOf(scenario, node, rules),
          ports: nodes.filter((other) => other !== node),
          message: (from, message: KeyedMessage) => ({ type: 'message', from, message }) as const,
        }),
      ],
    })),
    links: mesh(scenario.nodes),
    calls: nodes.flatMap((node) => callsOf(scenario, node)),
    monitors: [valuesMonitor(scenario.keys)],
    properties: propertiesOf(scenario),
    final: () => true,
    renumbering: versionRanksOfSets,
  };
}
