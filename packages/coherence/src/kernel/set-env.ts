import type { ObjectEnv } from './object-env.ts';
import type { SetRules } from './set-rules.ts';
import type { ObjectKey } from './set-types.ts';

export interface SetEnv {
  /** The constants of one object: they differ in the default owner only. */
  objectEnv(key: ObjectKey): ObjectEnv;
  readonly rules: SetRules;
}
