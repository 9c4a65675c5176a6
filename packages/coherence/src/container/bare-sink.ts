/** What a kernel without timers and disks never asks for. */
export class BareSink {
  trace(): void {
    // Steps of the protocol are named for the explorer; counters and the event trace tell what happened here.
  }

  setTimer(): void {
    throw new TypeError('The object kernel uses no timers.');
  }

  cancelTimer(): void {
    throw new TypeError('The object kernel uses no timers.');
  }

  diskRead(): void {
    throw new TypeError('The object kernel uses no disk.');
  }

  diskWrite(): void {
    throw new TypeError('The object kernel uses no disk.');
  }

  diskFlush(): void {
    throw new TypeError('The object kernel uses no disk.');
  }
}
