/**
 * What goes into and comes out of the connection kernel, and what it remembers.
 *
 * One such state machine per peer opens, keeps and closes the connection on behalf of all clients of a member. Both
 * sides run the same code and there is no server side. They talk by *one-sided* operations only, which need no
 * co-operation of the peer's program and either complete or fail: reading the peer's {@link StatusPage} and writing
 * the {@link InboxCell} that the peer keeps for this member. Over shared memory they complete at once; over a network
 * a driver answers them. A write that failed may have taken effect all the same.
 * Source: the open order of US 7,716,323 and US 7,593,996 (first read, first write, second read, second write, needs,
 * ports, alert the partner, alert the clients).
 */
import type { Endpoint, LinkId, SessionEnd } from './session-types.ts';

export type ClientId = number;

/** What a client of the connection manager wants towards one peer. */
export interface ClientNeed {
  readonly client: ClientId;
  readonly ports: number;
  readonly bytesPerPort: number;
}

/** Ports made for a client, and where the peer finds their memory: `handle` is the maker's, opaque to the peer. */
export interface PortGrant {
  readonly client: ClientId;
  readonly ports: number;
  readonly bytesPerPort: number;
  readonly handle: number;
}

/** How far a side has come with the endpoint `to`. Each phase includes what the earlier ones said. */
export type OpenPhase = 'hello' | 'initiated' | 'agreed' | 'told' | 'created' | 'ready' | 'closing';

/**
 * Published by its owner at an address agreed beforehand, so that a peer can read it before the owner's program is up.
 * The host adds what makes it safe to read (magic, layout version, sequence lock, checksum); a page that fails those
 * checks is a failed read.
 */
export interface StatusPage {
  /** The owner's side of the next or present session. 0: the owner has not started, or does not want this peer. */
  readonly endpoint: Endpoint;
  readonly versionMin: number;
  readonly versionMax: number;
  readonly phase: OpenPhase;
  /** The peer endpoint the owner is dealing with; 0 for none. */
  readonly seen: Endpoint;
}

/** All that a side has to say to its peer, in one cell that only this side writes. Replaced as a whole. */
export interface InboxCell {
  readonly from: Endpoint;
  /** The endpoint it is meant for: a cell for an earlier endpoint is stale. */
  readonly to: Endpoint;
  readonly phase: OpenPhase;
  readonly versionMin: number;
  readonly versionMax: number;
  /** From `told` on: usable links and the needs of all clients, in one piece. Else empty. */
  readonly links: readonly LinkId[];
  readonly needs: readonly ClientNeed[];
  /** From `created` on: the ports made here. Else empty. */
  readonly grants: readonly PortGrant[];
}

// One-sided operations: effects `send(peerRegion, operation)`. At most one is under way; each ends in exactly one event,
// `...-done` or `...-failed`, however late, unless the member dies first. A driver bounds how long that takes.

export const peerRegion = 0;

export type OneSided =
  | { readonly type: 'read' }
  | { readonly type: 'write'; readonly cell: InboxCell }
  /** Reads a byte through each of the peer's port handles, so that a handle that does not work is found now. */
  | { readonly type: 'check'; readonly grants: readonly PortGrant[] };

// Events.

export type ConnectionEvent =
  /**
   * Want this peer. `endpoint` is above every endpoint this member used towards the peer before, in any incarnation:
   * the incarnation times `endpointsPerIncarnation` at start, later 0 for "go on from the last one".
   */
  | { readonly type: 'connect'; readonly endpoint: Endpoint }
  /** Do not want this peer any more: orderly close, then idle. */
  | { readonly type: 'disconnect' }
  /** The view no longer holds the peer: end, and stay idle until the next `connect`. */
  | { readonly type: 'peer-dead' }
  | { readonly type: 'read-done'; readonly page: StatusPage }
  | { readonly type: 'read-failed' }
  | { readonly type: 'write-done' }
  | { readonly type: 'write-failed' }
  | { readonly type: 'check-done' }
  | { readonly type: 'check-failed' }
  /** The cell the peer writes has new content. Intermediate contents may have been missed; repeats do no harm. */
  | { readonly type: 'inbox'; readonly cell: InboxCell }
  /** Answer to `collect-needs`: of all clients, once per attempt. Always given, also when the attempt failed by then. */
  | { readonly type: 'needs-collected'; readonly needs: readonly ClientNeed[] }
  /** Answer to `create-ports`. Clients missing from `grants` were refused here (no memory); the others go on. */
  | { readonly type: 'ports-created'; readonly grants: readonly PortGrant[] }
  /** Nothing could be made and nothing is left behind. */
  | { readonly type: 'ports-failed' }
  | { readonly type: 'ports-destroyed' }
  /** Hooks from the session kernel of this connection, to be passed on from `ready` until it ended. */
  | { readonly type: 'session-retained' }
  | { readonly type: 'session-resumed' }
  | { readonly type: 'session-closing' }
  | { readonly type: 'session-ended'; readonly end: SessionEnd }
  | { readonly type: 'timer'; readonly timer: number };

// Notices.

/** A session both sides agreed on. */
export interface Agreement {
  readonly self: Endpoint;
  readonly peer: Endpoint;
  readonly version: number;
  /** Links both sides can use, preferred first. */
  readonly links: readonly LinkId[];
  /** Clients with a counterpart, with the smaller of the two needs, by client. */
  readonly plan: readonly ClientNeed[];
}

export interface ClientRefusal {
  readonly client: ClientId;
  readonly why: 'no-counterpart' | 'refused-here' | 'refused-by-peer';
}

export type ConnectionNotice =
  /** Replace this member's own status page for the peer. */
  | { readonly type: 'publish'; readonly page: StatusPage }
  /** Nothing in common with the peer, whose versions are named: no version, or no link. Said once; reading goes on slowly. */
  | {
      readonly type: 'incompatible';
      readonly lack: 'version' | 'link';
      readonly versionMin: number;
      readonly versionMax: number;
    }
  /** Ask every client for its needs; answer with `needs-collected`. */
  | { readonly type: 'collect-needs' }
  /** Make ports and register their memory; answer with `ports-created` or `ports-failed`. */
  | { readonly type: 'create-ports'; readonly agreement: Agreement }
  /** Destroy what `create-ports` made, senders first; answer with `ports-destroyed`. */
  | { readonly type: 'destroy-ports' }
  /** All ports of both sides exist: open the session kernel, then tell the clients; from now on they may send. */
  | {
      readonly type: 'ready';
      readonly agreement: Agreement;
      readonly peerGrants: readonly PortGrant[];
      readonly refusals: readonly ClientRefusal[];
    }
  /** Tell the clients that nothing new is accepted and close the session in order. */
  | { readonly type: 'close-session' }
  /** End the session now. A `session-ended` event answers, also when the session kernel had ended already; a second one
   * that was on its way does no harm. */
  | { readonly type: 'end-session'; readonly end: 'peer-dead' | 'peer-restarted' | 'peer-reset' }
  /** The peer still has the session while no link carries it: worth probing the links now. */
  | { readonly type: 'resume' }
  /** Tell the clients, once per `ready`: the session is over and its ports are gone. */
  | { readonly type: 'closed'; readonly end: SessionEnd };

// State and constants.

/**
 * The steps of opening, keeping and closing. A one-sided operation is under way in `reading`, `writing`, `agreeing`,
 * `telling`, `handing`, `checking`, `readying`, and now and then in the stages that wait for the peer.
 */
export type ConnectionStage =
  | 'idle'
  /** Back-off before the first read. */
  | 'waiting'
  | 'reading'
  | 'incompatible'
  | 'writing'
  /** The second read, repeated until the peer has seen this side. */
  | 'confirming'
  | 'agreeing'
  /** Waits for the local clients' needs. */
  | 'collecting'
  | 'telling'
  /** Waits for the peer's needs. */
  | 'matching'
  /** Waits for local ports. */
  | 'creating'
  | 'handing'
  /** Waits for the peer's ports. */
  | 'pairing'
  | 'checking'
  | 'readying'
  /** Waits for the partner to be ready. */
  | 'expecting'
  | 'open'
  | 'retained'
  /** The session drains. */
  | 'closing'
  /** Waits for the session to be over after it was told to end. */
  | 'ending'
  /** Waits for the ports to be gone. */
  | 'destroying'
  /** A failed attempt waits for its last operation, or for the host's last answer. */
  | 'abandoning';

/** What is under way: a one-sided operation, or a question to the host (`needs`, `ports`). Never two at a time. */
export type Operation = 'none' | 'read' | 'write' | 'check' | 'needs' | 'ports';

export interface ConnectionState {
  stage: ConnectionStage;
  /** Whether to open (again) once nothing of the last session is left. */
  wanted: boolean;
  /** This side of the present or next session; 0 before the first `connect`. */
  endpoint: Endpoint;
  /** The peer endpoint of the present attempt or session; 0 for none. */
  peer: Endpoint;
  version: number;
  /** What the peer was told, as published: the write that told it is complete. */
  phase: OpenPhase;
  /** What the write under way, or the last one, says. */
  saying: OpenPhase;
  operation: Operation;
  /** The newest cell from the peer, or undefined. */
  heard: InboxCell | undefined;
  needs: readonly ClientNeed[];
  grants: readonly PortGrant[];
  portsExist: boolean;
  /** Why the session is being ended, kept until the ports are gone. */
  end: SessionEnd | 'none';
  /** Waits in a row without a session, at most `retriesMax`: the back-off doubles with each. */
  retries: number;
  /** Attempts in a row that failed after they had found the peer, at most `retriesMax`. */
  failures: number;
  incompatibleSaid: boolean;
}

export const connectionTimer = 0;
