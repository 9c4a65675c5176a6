import { type EffectSink, handled, type Kernel } from '@holdfast/kernel';
import { type CallSpec, mesh, type NodeSpec, part, type WorldSpec, type WorldView } from '@holdfast/simulation';
import { logKernel } from '../kernel/log-kernel.ts';
import { type LogRules, logRules } from '../kernel/log-rules.ts';
import type { HeadMessage, LogEvent, LogRequest } from '../kernel/log-types.ts';
import { lockService } from './log-locks.ts';
import { logMonitor } from './log-monitor.ts';
import { logProperties } from './log-properties.ts';
import { ghostOf, headsOf, isItsTurn, type LogScenario, lifeOf, logOf, shelfNode, shelfOf } from './log-scenario.ts';
import { askerOf, logShelf, type ShelfAnswer, type ShelfEvent, type ShelfQuestion } from './log-shelf.ts';

type CourierEvent =
  | { readonly type: 'asks'; readonly request: LogRequest }
  | { readonly type: 'answers'; readonly answer: ShelfAnswer };

interface CourierEnv {
  readonly shelf: number;
  readonly life: number;
  /** Nobody waits for more records before a batch is closed. */
  readonly isHasty: boolean;
}

/** Carries what a head asks of the storage over the network, and the answers back to the life that asked. */
const courier: Kernel<undefined, CourierEvent, CourierEnv, ShelfQuestion, never, LogEvent> = {
  name: 'courier',
  table: { any: { asks: handled, answers: handled } },
  initial: () => undefined,
  row: () => 'any',
  column: (event) => event.type,
  step(_, event, { shelf, life, isHasty }, out: EffectSink<ShelfQuestion, never, LogEvent>) {
    const isGathered = event.type === 'asks' && event.request.type === 'gather' && isHasty;
    if (isGathered) out.deliver({ type: 'gathered', epoch: event.request.epoch });
    else if (event.type === 'asks') out.send(shelf, { life, request: event.request });
    else if (event.answer.life === life) out.deliver(event.answer.event);
  },
  encode: () => undefined,
  decode: () => undefined,
};

function headNode(scenario: LogScenario, head: number, rules: LogRules): NodeSpec {
  const { batchRecordsMax = 2, touchedKeysMax = 8, snapshotRecords = 0, clients } = scenario;
  const bounds = { batchRecordsMax, batchBytesMax: batchRecordsMax, touchedKeysMax, snapshotRecords };
  const others = headsOf(scenario).filter((other) => other !== head);
  return {
    name: `head ${head}`,
    parts: [
      part({
        name: 'log',
        kernel: logKernel,
        env: (incarnation) => ({ self: head, life: lifeOf(incarnation), ...bounds, ...lockService(clients), rules }),
        ports: others,
        message: (from, message: HeadMessage): LogEvent => ({ type: 'message', from, message }),
        above: (request) => ({ part: 1, event: { type: 'asks', request } }),
      }),
      part({
        name: 'courier',
        kernel: courier,
        env: (incarnation) => ({
          shelf: shelfNode(scenario),
          life: lifeOf(incarnation),
          isHasty: scenario.gathers !== true,
        }),
        ports: [shelfNode(scenario)],
        message: (_, answer: unknown): CourierEvent => ({ type: 'answers', answer: answer as ShelfAnswer }),
        above: (event) => ({ part: 0, event }),
      }),
    ],
  };
}

const shelf = (scenario: LogScenario): NodeSpec => ({
  name: 'storage',
  immortal: true,
  parts: [
    part({
      name: 'shelf',
      kernel: logShelf,
      env: () => undefined,
      ports: headsOf(scenario),
      message: (head, question: unknown): ShelfEvent => {
        const { life, request } = question as ShelfQuestion;
        return { type: 'asked', from: askerOf(head, life), request };
      },
    }),
  ],
});

/** Whether another head may be appointed: the one before is dead, or knows that its right to append ran out. */
function isVacant(view: WorldView): boolean {
  const { epoch, appender, isDead } = ghostOf(view);
  if (epoch === 0 || isDead) return true;
  const { phase, epoch: known } = logOf(view, appender);
  return phase === 'following' && known === epoch;
}

function appointments(scenario: LogScenario): CallSpec[] {
  const calls: CallSpec[] = [];
  const heads = headsOf(scenario);
  for (const [before, head] of scenario.appointments.entries()) {
    const epoch = before + 1;
    const others = heads.filter((other) => other !== head);
    for (const listener of heads) {
      calls.push({
        label: `hears that head ${head} appends, epoch ${epoch}`,
        node: listener,
        part: 0,
        times: 'unlimited',
        event: (): LogEvent => ({ type: 'appointed', epoch, head, others }),
        when: (view) => mayHear(view, listener, epoch, head),
      });
    }
  }
  return calls;
}

/** Heads hear of appointments late, and of old ones too. */
function mayHear(view: WorldView, listener: number, epoch: number, head: number): boolean {
  const ghost = ghostOf(view);
  const { phase, epoch: known } = logOf(view, listener);
  if (phase !== 'following') return false;
  if (ghost.epoch === epoch - 1) return isVacant(view) && view.up(head);
  if (listener === head && (ghost.isDead || ghost.epoch !== epoch)) return false;
  return ghost.epoch >= epoch && known < ghost.epoch;
}

/** A life of a head that serves nothing, and will not before it joins anew. */
function servesNothing(view: WorldView, appender: number, head: number, life: number, links: Links): boolean {
  const newest = lifeOf(view.incarnation(head));
  const { followers, joining } = logOf(view, appender);
  const known = [...followers, ...joining].find((each) => each.head === head);
  if (known === undefined) return false;
  if (life > newest || (life < newest && known.life === 0)) return false;
  if (life < newest || !view.up(head)) return true;
  if (joining.some((each) => each.head === head)) return false;
  const isWelcomed = links.between(view, appender, head).some(({ type }) => type === 'WELCOME');
  const { serving, welcome } = logOf(view, head);
  const isOut = !serving || ghostOf(view).lapsed.includes(head);
  return isOut && !welcome && !isWelcomed;
}

interface Links {
  between(view: WorldView, from: number, to: number): readonly HeadMessage[];
}

function fences(scenario: LogScenario, links: Links): CallSpec[] {
  const calls: CallSpec[] = [];
  const lives = (scenario.faults?.restart ?? 0) + 1;
  for (const appender of headsOf(scenario)) {
    for (const head of headsOf(scenario)) {
      for (let life = 1; life <= lives && head !== appender; life++) {
        calls.push({
          label: `knows that head ${head}, life ${life}, serves nothing`,
          node: appender,
          part: 0,
          times: 'unlimited',
          event: (): LogEvent => ({ type: 'fenced', head, life }),
          when: (view) => servesNothing(view, appender, head, life, links),
        });
      }
    }
  }
  return calls;
}

function lapses(scenario: LogScenario): CallSpec[] {
  return (scenario.lapses ?? []).map((head) => ({
    label: 'is out of touch for too long',
    node: head,
    part: 0,
    times: 1,
    event: (): LogEvent => ({ type: 'lapsed' }),
    when: (view) => logOf(view, head).serving || logOf(view, head).phase !== 'following',
  }));
}

function storageCalls(scenario: LogScenario): CallSpec[] {
  const node = shelfNode(scenario);
  const of = (view: WorldView) => shelfOf(view, scenario);
  const call = (
    label: string,
    event: ShelfEvent,
    when: (view: WorldView) => boolean,
    times: number | 'unlimited' = 'unlimited',
  ): CallSpec => ({ label, node, part: 0, times, event: () => event, when });
  const isFree = (view: WorldView, at: number): boolean =>
    of(view).landing.length > at && of(view).claiming === undefined;
  const { failures = 0, refusals = 0, shows = false } = scenario;
  const claimed = (view: WorldView): boolean => of(view).claiming !== undefined;
  return [
    call('makes an append durable', { type: 'lands', at: 0 }, (view) => isFree(view, 0)),
    call('makes a later append durable first', { type: 'lands', at: 1 }, (view) => isFree(view, 1)),
    call('ends an append for a claim: whole', { type: 'settles', how: 'whole' }, claimed),
    call('ends an append for a claim: torn', { type: 'settles', how: 'torn' }, claimed),
    call('ends an append for a claim: lost', { type: 'settles', how: 'lost' }, claimed),
    call('keeps a snapshot', { type: 'keeps' }, (view) => of(view).saving !== undefined),
    ...(failures === 0
      ? []
      : [
          call(
            'says that an append failed',
            { type: 'fails' },
            (view) => isFree(view, 0) && of(view).landing[0]!.from !== -1,
            failures,
          ),
        ]),
    ...(refusals === 0
      ? []
      : [call('refuses the next claim or read', { type: 'refuses' }, (view) => !of(view).isRefusing, refusals)]),
    ...(shows
      ? [call('shows what has not landed', { type: 'shows' }, (view) => isFree(view, 0) && !of(view).isShown)]
      : []),
  ];
}

function requests(scenario: LogScenario): CallSpec[] {
  return scenario.asks.flatMap(({ ask, at, times = 1 }, call) =>
    at.map(
      (head): CallSpec => ({
        label: `is asked: ${Object.values(ask).join(' ')}`,
        node: head,
        part: 0,
        times,
        event: (): LogEvent => ({ type: 'request', call, asked: ask }),
        when: (view) =>
          isItsTurn(view, scenario, call) &&
          (scenario.early === true || logOf(view, head).serving) &&
          !ghostOf(view).outstanding.some((each) => each.head === head && each.call === call),
      }),
    ),
  );
}

/** The world of a scenario, with the production rules or with one replaced. */
export function logWorld(scenario: LogScenario, rules: LogRules = logRules): WorldSpec {
  const { name, clients, asks, faults = {} } = scenario;
  const links = mesh(scenario.heads + 1);
  const between: Links = {
    between(view, from, to) {
      const link = links.findIndex(
        ({ ends: [one, other] }) => one.node === Math.min(from, to) && other.node === Math.max(from, to),
      );
      return view.messages(link, from < to ? 0 : 1) as readonly HeadMessage[];
    },
  };
  return {
    name,
    nodes: [...headsOf(scenario).map((head) => headNode(scenario, head, rules)), shelf(scenario)],
    links,
    calls: [
      ...appointments(scenario),
      ...requests(scenario),
      ...storageCalls(scenario),
      ...lapses(scenario),
      ...fences(scenario, between),
    ],
    faults,
    monitors: [
      logMonitor(
        clients,
        asks.map(({ ask }) => ask),
      ),
    ],
    properties: logProperties(scenario),
    final: () => true,
  };
}
