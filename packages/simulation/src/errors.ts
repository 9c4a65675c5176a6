/** A state's encoding is longer than a page of the state store can hold. */
export class StateTooLongError extends Error {
  override readonly name = 'StateTooLongError';

  constructor(length: number, lengthMax: number) {
    super(`the encoding of a state has ${length} bytes, at most ${lengthMax} fit: bound the workload`);
  }
}

/** A world is put together wrongly: a link, a part or a hook is missing. */
export class WorldSpecError extends Error {
  override readonly name = 'WorldSpecError';
}

/** An event or message holds something that has no canonical form, such as a function or a Map. */
export class NotPlainDataError extends Error {
  override readonly name = 'NotPlainDataError';
}

/** The parts of one node feed each other events without end. */
export class StackLoopError extends Error {
  override readonly name = 'StackLoopError';

  constructor(node: string, inputsMax: number) {
    super(`the parts of node ${node} passed each other more than ${inputsMax} events in one step`);
  }
}

/** A file handed in for a replay cannot be replayed. */
export class ReplayFileError extends Error {
  override readonly name = 'ReplayFileError';
}

/** A recorded history contradicts itself: a call was answered before it was made, or has no time. */
export class HistoryError extends Error {
  override readonly name = 'HistoryError';
}
