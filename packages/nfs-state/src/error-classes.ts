import { registerErrorClass } from '@holdfast/runtime/service';
import * as errors from './errors.ts';

/** Let the errors of this package arrive as themselves in this thread. */
export function registerNfsStateErrors(): void {
  for (const errorClass of Object.values(errors)) registerErrorClass(errorClass);
}
