/**
 * The decisions that make the life of a group with a member stopped right, by name. Production code runs
 * {@link proxyRules}; the seeded bugs of the verification suite each replace one, and every one of them must be caught.
 */
export interface ProxyRules {
  /** Whether messages of a member that the view says is stopped are refused. */
  fences(): boolean;
  /** Whether the proxy has a group to itself while it reads and changes it. */
  locksGroup(): boolean;
  /** Whether the proxy waits until the updates under way in a group have ended. */
  waitsForQuiet(): boolean;
  /** Whether a block is made again from one parity beside updates that wait for the other one. */
  restoresBeside(): boolean;
  /** Whether a member's block must have the version that parity has merged. */
  isVersion(seq: number, merged: number): boolean;
  /** Whether a parity IOM that is back is asked to merge what had gone on without it and is not over. */
  asksAgain(): boolean;
  /** Whether an update of the stopped member is ended only when its mark is durable. */
  marksFirst(): boolean;
  /** Whether a write through the proxy marks the block as stale. */
  marksWrites(): boolean;
  /** Whether the entry of a move is written when its block is durable. */
  hardensFirst(): boolean;
  /** Whether the caller is answered when the entry is durable. */
  answersDurably(): boolean;
  /** Whether a request that the block has is only answered. */
  isRetry(request: number, applied: number): boolean;
  /** Whether a member that returns is welcomed only when the proxy has ended what it began for it. */
  drainsFirst(): boolean;
  /** Whether a mark goes when the member says that its block is durable; else when the block was sent to it. */
  unmarksWhenRestored(): boolean;
  /** Whether a returning member holds back calls for blocks that are stale. */
  holdsStale(): boolean;
  /** Whether an open update of a stale block is given up. */
  abortsStale(): boolean;
  /** Whether a returning member tells a block only when both parity IOMs of its row said which changed. */
  hearsBoth(): boolean;
  /** Whether a returning member takes a mark that it has the update of for done. */
  isCurrent(seq: number, marked: number): boolean;
  /** Whether a write without parity leaves a mark of its group in the log. */
  marksParity(): boolean;
  /** Whether writes go on without parity although somebody is not up to date. */
  mayDoWithoutParity(returning: boolean): boolean;
  /** Whether a parity IOM that starts serves a group only when it heard every member of it. */
  hearsAll(): boolean;
  /** Whether parity that members say is stale is used by nobody before it is computed anew. */
  holdsStaleParity(): boolean;
  /** Whether a stale mark for parity goes when parity is durable; else when it was computed. */
  freshWhenDurable(): boolean;
  /** Whether updates of blocks that a member is sent anew are ended when it is welcomed. */
  endsMarked(): boolean;
  /** Whether parity that only has a block of a member is kept, whatever is said of it. */
  keepsOnlyCopy(): boolean;
  /** Whether those who speak for others ask anew what is open when it changes who speaks for whom. */
  asksNewHeads(): boolean;
  /** Whether what is written in the place of a member is marked before it ends. */
  marksAway(): boolean;
  /** Whether a returning member asks for no block of an object that was removed meanwhile. */
  remembersRemoved(): boolean;
}

export const proxyRules: ProxyRules = {
  fences: () => true,
  locksGroup: () => true,
  waitsForQuiet: () => true,
  restoresBeside: () => true,
  isVersion: (seq, merged) => seq === merged,
  asksAgain: () => true,
  marksFirst: () => true,
  marksWrites: () => true,
  hardensFirst: () => true,
  answersDurably: () => true,
  isRetry: (request, applied) => request <= applied,
  drainsFirst: () => true,
  unmarksWhenRestored: () => true,
  holdsStale: () => true,
  abortsStale: () => true,
  hearsBoth: () => true,
  isCurrent: (seq, marked) => seq >= marked,
  marksParity: () => true,
  mayDoWithoutParity: (returning) => !returning,
  hearsAll: () => true,
  holdsStaleParity: () => true,
  freshWhenDurable: () => true,
  endsMarked: () => true,
  keepsOnlyCopy: () => true,
  asksNewHeads: () => true,
  marksAway: () => true,
  remembersRemoved: () => true,
};
