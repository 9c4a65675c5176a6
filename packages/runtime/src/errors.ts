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

/** Thrown when an option or argument is not usable: `HF_CONFIG`. Nothing was started or changed. */
export class ConfigError extends HoldfastError {
  override readonly name = 'ConfigError';
  constructor(problem: string, init: HoldfastErrorInit) {
    super('HF_CONFIG', problem, init);
  }
}

/** Thrown by every call on a cluster, member or store that was closed: `HF_CLOSED`. */
export class ClosedError extends HoldfastError {
  override readonly name = 'ClosedError';
  constructor(what: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_CLOSED', `${what} is closed.`, { hint: 'Start a new one.', ...init });
  }
}

/** Thrown when something did not answer in time: `HF_TIMEOUT`. Whether it happened is unknown. */
export class TimeoutError extends HoldfastError {
  override readonly name = 'TimeoutError';
  constructor(what: string, timeoutMs: number, init?: Partial<HoldfastErrorInit>) {
    super('HF_TIMEOUT', `${what} did not finish within ${timeoutMs} ms.`, {
      hint: 'Try again, or allow more time.',
      retryable: true,
      ...init,
    });
  }
}

/** What is known of a call whose node died: it never left (`not-sent`), or it may have run (`unknown`). */
export type CallOutcome = 'not-sent' | 'unknown';

/** Thrown when the node a call depends on is not there, or died before it answered: `HF_NODE_DOWN`. */
export class NodeDownError extends HoldfastError {
  override readonly name = 'NodeDownError';
  readonly outcome: CallOutcome;
  constructor(node: string, outcome: CallOutcome, init?: Partial<HoldfastErrorInit>) {
    super('HF_NODE_DOWN', `Node ${node} is down.`, {
      hint:
        outcome === 'not-sent'
          ? 'The call was not sent: it is safe to repeat it.'
          : 'The call may have run: repeat it only if running it twice does no harm.',
      retryable: outcome === 'not-sent',
      node,
      ...init,
    });
    this.outcome = outcome;
  }
}

/** Thrown when two members have no link of a driver between them: `HF_UNKNOWN_LINK`. */
export class UnknownLinkError extends HoldfastError {
  override readonly name = 'UnknownLinkError';
  constructor(node: string, peer: string, driver: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_UNKNOWN_LINK', `There is no link of driver ${JSON.stringify(driver)} between ${node} and ${peer}.`, {
      hint: 'In a cluster of more than 8 members two have links once they talked; `interconnect` names the drivers.',
      node,
      ...init,
    });
  }
}

/** Thrown when a name is no member of the cluster, or not one the verb can act on: `HF_UNKNOWN_NODE`. */
export class UnknownNodeError extends HoldfastError {
  override readonly name = 'UnknownNodeError';
  constructor(node: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_UNKNOWN_NODE', `There is no such member here: ${JSON.stringify(node)}.`, {
      hint: 'cluster.members() lists the names.',
      node,
      ...init,
    });
  }
}

/** Thrown when a node failed before it was up, and by the start that needed it: `HF_BOOT`. The cause says why. */
export class BootError extends HoldfastError {
  override readonly name = 'BootError';
  constructor(node: string, problem: string, init?: Partial<HoldfastErrorInit>) {
    super('HF_BOOT', `${node} did not start: ${problem}`, { hint: 'See the cause.', node, ...init });
  }
}

/** Thrown by `close` and `terminate` when a thread would not end: `HF_NODE_STUCK`. It is fenced and keeps its memory. */
export class NodeStuckError extends HoldfastError {
  override readonly name = 'NodeStuckError';
  readonly nodes: readonly string[];
  constructor(nodes: readonly string[], init?: Partial<HoldfastErrorInit>) {
    super('HF_NODE_STUCK', `Threads that did not end: ${nodes.join(', ')}.`, {
      hint: 'They sit in an operating system call. End the process (SIGKILL) to be rid of them.',
      ...init,
    });
    this.nodes = nodes;
  }
}

/** Thrown when the thread that supervises the nodes is gone, and every node with it: `HF_SUPERVISOR_DOWN`. */
export class SupervisorDownError extends HoldfastError {
  override readonly name = 'SupervisorDownError';
  constructor(init?: Partial<HoldfastErrorInit>) {
    super('HF_SUPERVISOR_DOWN', 'The supervisor thread ended, and the nodes with it.', {
      hint: 'Close this cluster and start a new one; the cause says what ended it.',
      ...init,
    });
  }
}

/** Thrown when the storage directory cannot be used: `HF_STORAGE`. */
export class StorageError extends HoldfastError {
  override readonly name = 'StorageError';
  constructor(problem: string, init: HoldfastErrorInit) {
    super('HF_STORAGE', problem, init);
  }
}

/** Thrown when the process runs on a Node older than the runtime supports. */
export class EngineError extends HoldfastError {
  override readonly name = 'EngineError';

  constructor(version: string, majorMin: number) {
    super('HF_ENGINE', `Holdfast needs Node ${majorMin} or newer; this process runs on Node ${version}.`, {
      hint: `Start it with Node ${majorMin}, for example: npx -y node@${majorMin} FILE.`,
    });
  }
}
