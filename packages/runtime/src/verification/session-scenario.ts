import type { FaultBudget, WorldView } from '@holdfast/simulation';
import type { TrafficClass } from '../exchange/types.ts';
import type { SessionEvent, SessionPhase, SessionState } from '../kernel/session-types.ts';

export const endsPart = 0;
export const sessionPart = 1;

/** A small world of two members with a session between them. */
export interface SessionScenario {
  readonly name: string;
  readonly links: number;
  /** One window per class. */
  readonly windows: readonly number[];
  /** Records each node may send in each class: `sends[node][class]`. */
  readonly sends: readonly (readonly number[])[];
  /** Sessions each side may open, one after the other. */
  readonly sessions: number;
  /**
   * Link faults, each at one end of a link: the carrier goes, what arrives meanwhile is lost, and when it is back what
   * the peer sent before may still arrive. A link that fails at both ends is two faults.
   */
  readonly linkFaults?: number;
  /** Fence messages that get lost. */
  readonly lostFences?: number;
  /** Link faults hit node 0 only and last for ever, and the view never says that the peer is dead. */
  readonly carriersStayOff?: boolean;
  /** The mistake of a restart that reuses the endpoints of the session before. */
  readonly reusesEndpoints?: boolean;
  /** Links change as the host of the world says (its faults `linkDown`, `ghost`, `suspect`) and start without carrier. */
  readonly worldLinks?: boolean;
  readonly faults?: FaultBudget;
  /** Which nodes may close. */
  readonly closes?: readonly number[];
  /** What the host of node 0 may say once, at any time or only in one phase. */
  readonly says?: readonly { readonly event: SessionEvent; readonly phase?: SessionPhase }[];
  /** Links agreed on for the first session; all where omitted. */
  readonly agreed?: readonly number[];
  /** Links of node 0 that may be congested once. */
  readonly congests?: readonly number[];
  /** Consumers give credit back only when told, not at once. */
  readonly slowConsumers?: boolean;
  /** Timers that may fire early, with frames still on their way, as long as those are fewer than `framesMax`. */
  readonly earlyTimers?: { readonly timers: readonly number[]; readonly framesMax: number };
  /** Whether calls may come in every phase, not only while a session is open. */
  readonly anyPhase?: boolean;
  /** Two delays an acknowledgement until the consumer gives credit back, which carries it. Default 2. */
  readonly acknowledgeEvery?: number;
  /** Flaps remembered for hysteresis; 0 keeps the state space small. Default 0. */
  readonly flapsMax?: number;
  readonly firstSequence?: number;
  readonly sequenceMax?: number;
}

/** Number of a send, and handle of its record: node, class and place in one number. */
export const sendNumber = (node: number, trafficClass: number, nth: number): number =>
  nth * 100 + trafficClass * 10 + node;
export const classOfSend = (send: number): TrafficClass => (Math.floor(send / 10) % 10) as TrafficClass;

export const sessionOf = (view: WorldView, node: number): SessionState => view.state<SessionState>(node, sessionPart);
export const isOver = ({ phase }: SessionState): boolean => phase === 'idle' || phase === 'ended';
