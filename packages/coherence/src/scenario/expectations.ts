import { kindNameOf, kindOf } from './message-kinds.ts';
import { nodeState } from './node-state.ts';
import type { Expectation } from './scenario.ts';
import type { ScenarioWorld } from './scenario-world.ts';
import type { Amount } from './step-shapes.ts';

type About<Subject extends Expectation['about']> = Extract<Expectation, { about: Subject }>;

/** What an expectation finds otherwise, one sentence for each field. */
export function disappointments(world: ScenarioWorld, expectation: Expectation): string[] {
  switch (expectation.about) {
    case 'node':
      return ofNode(world, expectation);
    case 'call':
      return ofCall(world, expectation);
    case 'world':
      return ofWorld(world, expectation);
  }
}

/** Nothing where `expected` was not asked for, or is met. */
function unless(isMet: boolean | undefined, what: string, found: unknown, expected: unknown): string[] {
  if (expected === undefined || isMet === true) return [];
  return [`${what} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`];
}

const isOneOf = (expected: unknown, found: unknown): boolean =>
  Array.isArray(expected) ? expected.includes(found) : expected === found;

const sameSet = (a: readonly number[], b: readonly number[]): boolean =>
  a.every((each) => b.includes(each)) && b.every((each) => a.includes(each));

function ofNode(world: ScenarioWorld, expected: About<'node'>): string[] {
  const found = nodeState(world, expected.key, expected.node);
  const at = `node ${expected.node}: `;
  const { copyset } = expected;
  return [
    ...unless(isOneOf(expected.state, found.state), `${at}state`, found.state, expected.state),
    ...unless(expected.value === found.value, `${at}value`, found.value, expected.value),
    ...unless(isOneOf(expected.probOwner, found.probOwner), `${at}probOwner`, found.probOwner, expected.probOwner),
    ...unless(copyset && sameSet(copyset, found.copyset), `${at}copyset`, found.copyset, copyset),
    ...unless(expected.version === found.version, `${at}version`, found.version, expected.version),
    ...unless(expected.incarnation === found.incarnation, `${at}incarnation`, found.incarnation, expected.incarnation),
    ...unless(expected.view === found.view, `${at}view`, found.view, expected.view),
    ...unless(isOneOf(expected.phase, found.phase), `${at}phase`, found.phase, expected.phase),
    ...unless(expected.waiting === found.waiting.length, `${at}waiting`, found.waiting.length, expected.waiting),
  ];
}

function ofCall(world: ScenarioWorld, { call: name, done, value, error }: About<'call'>): string[] {
  const call = world.calls.named(name);
  if (call === undefined) return [`${name} was not called`];
  const found = call.done ? call.value : undefined;
  return [
    ...unless(done === call.done, `${name}: done`, call.done, done),
    ...unless(value === found, `${name}: value`, found ?? null, value),
    ...unless(isOneOf(error, call.error), `${name}: error`, call.error ?? null, error),
    ...(error === undefined && value !== undefined && call.error !== undefined
      ? [`${name} failed: ${call.error}`]
      : []),
  ];
}

function ofWorld(world: ScenarioWorld, expected: About<'world'>): string[] {
  const { key, inFlight, quiescent } = expected;
  const found = world.counts.of(key);
  const under = world.links.all().filter((envelope) => key === undefined || envelope.key === key);
  const problems = (['messages', 'payloads', 'forwards'] as const).flatMap((what) =>
    unless(isWithin(expected[what], found[what]), what, found[what], expected[what]),
  );
  if (quiescent !== undefined && quiescent !== (under.length === 0)) {
    problems.push(`${under.length} messages are in flight`);
  }
  if (inFlight !== undefined) {
    const { link, count, kinds } = inFlight;
    const there = link === undefined ? under : under.filter(({ from, to }) => from === link[0] && to === link[1]);
    const types = there.map(({ message }) => kindNameOf(message));
    const wanted = (kinds ?? []).map((kind) => kindOf(kind)!);
    const areThese =
      there.every(({ message }) => wanted.some((isKind) => isKind(message))) &&
      wanted.every((isKind) => there.some(({ message }) => isKind(message)));
    problems.push(
      ...unless(isWithin(count, there.length), 'inFlight: count', there.length, count),
      ...unless(areThese, 'inFlight: kinds', types, kinds),
    );
  }
  return problems;
}

function isWithin(expected: Amount | undefined, found: number): boolean {
  if (expected === undefined) return true;
  if (typeof expected === 'number') return expected === found;
  return found >= (expected.min ?? 0) && found <= (expected.max ?? Number.POSITIVE_INFINITY);
}
