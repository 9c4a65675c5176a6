import { accept } from './log-accept.ts';
import type { LogEnv } from './log-env.ts';
import { type LogPlan, type LogRecord, type LogSink, type LogState, nobody, type Pending } from './log-types.ts';

/** A client asks. Nothing changes by that for those who wait already. */
export function request(
  state: LogState,
  { call, asked }: { readonly call: number; readonly asked: unknown },
  env: LogEnv,
  out: LogSink,
): void {
  const pending: Pending = {
    call,
    asked,
    phase: 'waiting',
    number: 0,
    under: 0,
    index: 0,
    after: 0,
    keys: [],
    answer: 0,
    wasTold: false,
  };
  state.pending.push(pending);
  if (state.serving) decide(state, pending, env, out);
}

/** Decide what can be decided now, and answer what can be answered. */
export function attend(state: LogState, env: LogEnv, out: LogSink): void {
  answerDue(state, env, out);
  if (!state.serving) return;
  for (const each of [...state.pending]) {
    if (each.phase === 'waiting' && state.applied >= each.after) decide(state, each, env, out);
  }
}

function decide(state: LogState, pending: Pending, env: LogEnv, out: LogSink): void {
  const plan = env.plan(state.image, pending.asked);
  if (isUnderWay(state, plan, env)) return;
  const isReached = state.phase === 'appending' || state.welcome;
  if (plan.change !== undefined) {
    if (isReached) propose(state, pending, plan, env, out);
    return;
  }
  if (plan.mayBeBehind && !pending.wasTold && state.phase !== 'appending' && env.rules.asksWhenBehind()) {
    if (!isReached) return;
    pending.phase = 'asking';
    pending.number = ++state.numbered;
    out.send(state.appender, { type: 'ASK', epoch: state.epoch, question: pending.number });
    return;
  }
  if (env.rules.maySay(plan.compares, state)) answer(state, pending, plan.answer, out);
}

/** Whether something that was heard of, and may become durable, touches what this is decided on. */
function isUnderWay(state: LogState, { compares }: LogPlan, { rules }: LogEnv): boolean {
  return state.staged.some(({ records }) => records.some(({ touches }) => rules.waitsForStaged(touches, compares)));
}

function propose(state: LogState, pending: Pending, plan: LogPlan, env: LogEnv, out: LogSink): void {
  const { takesAway, compares, touches, change } = plan;
  pending.phase = 'proposed';
  pending.number = ++state.numbered;
  pending.under = state.epoch;
  pending.index = 0;
  pending.keys = [...compares, ...touches];
  pending.answer = plan.answer;
  const record: LogRecord = {
    head: env.self,
    life: env.life,
    proposal: pending.number,
    oldest: state.pending.reduce(oldestProposal, pending.number),
    takesAway,
    touches,
    change,
  };
  if (env.bytesOf(record) > env.batchBytesMax) {
    answer(state, pending, env.tooLarge(), out);
    return;
  }
  const proposal = { type: 'PROPOSE', epoch: state.epoch, record, compares, seen: state.applied } as const;
  out.trace('propose', pending.number);
  if (state.phase === 'appending') accept(state, env.self, proposal, env, out);
  else out.send(state.appender, proposal);
}

const oldestProposal = (oldest: number, { phase, number }: Pending): number =>
  phase === 'proposed' ? Math.min(oldest, number) : oldest;

function answerDue(state: LogState, { rules }: LogEnv, out: LogSink): void {
  for (const each of [...state.pending]) {
    if (each.phase === 'proposed' && each.index > 0 && rules.mayAnswer(each, state)) {
      answer(state, each, each.answer, out);
    }
  }
}

function answer(state: LogState, pending: Pending, said: unknown, out: LogSink): void {
  state.pending.splice(state.pending.indexOf(pending), 1);
  out.reply(pending.call, said);
}

/** Tell the appender that this head wants to follow. */
export function join(state: LogState, env: LogEnv, out: LogSink): void {
  state.welcome = false;
  if (state.appender === nobody || state.appender === env.self) return;
  out.send(state.appender, { type: 'JOIN', epoch: state.epoch, life: env.life });
}
