export interface HoldfastErrorInit {
  /** Whether the same call may succeed later without a change by the caller. Default false. */
  readonly retryable?: boolean;
  /** The node the failure is about. */
  readonly node?: string;
  /** What to do next, as a sentence. It also ends the message. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** The base of every error Holdfast throws on purpose. Its message ends with what to do next. */
export class HoldfastError extends Error {
  override readonly name: string = 'HoldfastError';
  /** Stable, for programs: `HF_...`. */
  readonly code: string;
  readonly retryable: boolean;
  readonly node: string | undefined;
  readonly hint: string;

  constructor(code: string, problem: string, init: HoldfastErrorInit) {
    super(`${problem} ${init.hint}`, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.retryable = init.retryable ?? false;
    this.node = init.node;
    this.hint = init.hint;
  }
}
