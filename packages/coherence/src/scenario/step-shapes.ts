import { z } from 'zod';
import { objectStatuses } from '../kernel/object-types.ts';
import { viewPhases } from '../kernel/view-types.ts';
import { scenarioNameCharsMax, scenarioNodesMax, scenarioStepsMax } from '../limits.ts';
import { kindOf, messageKinds } from './message-kinds.ts';
import { operationNames, operationOf } from './operations.ts';

const flag = (initial: boolean) => z.boolean().default(initial);

/** The first line of a scenario. */
export const headerShape = z.strictObject({
  nodes: z.int().min(1).max(scenarioNodesMax).default(3),
  defaultOwner: z.int().min(0).default(0),
  set: z
    .strictObject({
      backup: z.literal([0, 1]).default(0),
      linked: flag(false),
      migratory: flag(false),
      slowFill: flag(false),
    })
    .prefault({}),
});
export type ScenarioHeader = z.infer<typeof headerShape>;

const name = z.string().min(1).max(scenarioNameCharsMax);
const value = z.union([z.string(), z.number(), z.boolean()], { error: 'a value is a string, a number or a boolean' });
const orNull = value.nullable();
const kind = name.refine((text) => kindOf(text) !== undefined, {
  error: `no such kind of message: there are ${messageKinds.join(', ')}`,
});
const op = name.refine((text) => operationOf(text) !== undefined, {
  error: `no such operation: there are ${operationNames.join(', ')}`,
});
const state = z.literal([...objectStatuses, 'DOWN']);
const whole = z.int().min(0);

/** A number, or bounds of it. */
const amount = z.union([whole, z.strictObject({ min: whole.optional(), max: whole.optional() })], {
  error: 'a count is a whole number from 0, or {"max":n}',
});

/** On every step: the object it is about, and a word on why it is there. */
const everywhere = { key: name.optional(), note: z.string().optional() };

/** The steps of a scenario of so many nodes, by the field that tells them apart. */
export function stepShapes(nodes: number) {
  const node = z
    .int()
    .refine((number) => number >= 0 && number < nodes, { error: `no such node: there are 0 to ${nodes - 1}` });
  const link = z.tuple([node, node]).refine(([from, to]) => from !== to, { error: 'a node has no link to itself' });
  const cut = z.tuple([node, node, whole]);
  const oneOf = <Shape extends z.ZodType>(shape: Shape) => z.union([shape, z.array(shape).min(1)]);
  return {
    call: z.strictObject({
      ...everywhere,
      call: name.optional(),
      node: node.optional(),
      op,
      value: value.optional(),
      of: name.optional(),
      to: node.optional(),
    }),
    deliver: z.strictObject({
      ...everywhere,
      deliver: z.union([z.literal('all'), link], { error: '"all", or a link such as [1,0]' }),
      count: z.int().min(1).optional(),
      kind: kind.optional(),
    }),
    duplicate: z.strictObject({
      ...everywhere,
      duplicate: link,
      kind: kind.optional(),
      toKernel: z.boolean().optional(),
    }),
    hold: z.strictObject({ ...everywhere, hold: link }),
    release: z.strictObject({ ...everywhere, release: link }),
    fill: z.strictObject({
      ...everywhere,
      fill: node,
      value: orNull.optional(),
      error: z.union([z.literal(true), z.string()]).optional(),
      absent: z.literal(true).optional(),
    }),
    crash: z.strictObject({ ...everywhere, crash: node, keep: z.array(cut).optional() }),
    view: z.strictObject({ ...everywhere, view: z.int().min(1), nodes: z.array(node).min(1).optional() }),
    restart: z.strictObject({ ...everywhere, restart: node }),
    repeat: z.strictObject({
      ...everywhere,
      repeat: z.int().min(1).max(scenarioStepsMax),
      steps: z.array(z.unknown()),
    }),
    reset: z.strictObject({ ...everywhere, reset: z.literal('messages') }),
    note: z.strictObject({ note: z.string() }),
    expectNode: z.strictObject({
      key: name.optional(),
      node,
      state: oneOf(state).optional(),
      value: orNull.optional(),
      probOwner: oneOf(node).optional(),
      copyset: z.array(node).optional(),
      version: whole.optional(),
      incarnation: whole.optional(),
      waiting: whole.optional(),
      view: whole.optional(),
      phase: oneOf(z.literal([...viewPhases, 'down'])).optional(),
    }),
    expectCall: z.strictObject({
      key: name.optional(),
      call: name,
      done: z.boolean().optional(),
      value: orNull.optional(),
      error: oneOf(name).optional(),
    }),
    expectWorld: z.strictObject({
      key: name.optional(),
      messages: amount.optional(),
      payloads: amount.optional(),
      forwards: amount.optional(),
      inFlight: z
        .strictObject({
          link: link.optional(),
          count: amount.optional(),
          kinds: z.array(kind).optional(),
        })
        .optional(),
      quiescent: z.boolean().optional(),
    }),
    expect: z.strictObject({ ...everywhere, expect: z.record(z.string(), z.unknown()) }),
  };
}

export type StepShapes = ReturnType<typeof stepShapes>;
export type ShapeOf<Name extends keyof StepShapes> = z.infer<StepShapes[Name]>;
export type Amount = z.infer<typeof amount>;
