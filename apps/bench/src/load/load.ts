/** A small object in and a small object out: what the rpc questions send. */
export interface Request {
  readonly id: number;
  readonly key: string;
  readonly by: number;
}

export interface Reply {
  readonly id: number;
  readonly total: number;
}

/** One side of an rpc, however it is made. */
export interface Caller {
  call(request: Request): Promise<Reply>;
  /** Stops the callee and everything else the caller started. */
  close(): Promise<void>;
}

/** The callee's whole work, the same for everybody. */
export function answer(request: Request): Reply {
  return { id: request.id, total: request.by + request.key.length };
}

export interface Load {
  /** Calls under way at any moment; with 1 the next call starts when the last one returned. */
  readonly outstanding: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}
