/** A step that cannot be done, or an expectation that does not hold. The scenario goes on. */
export class StepFailure extends Error {
  override readonly name = 'StepFailure';
}
