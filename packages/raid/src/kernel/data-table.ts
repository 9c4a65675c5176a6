import { type CellTable, handled } from '@holdfast/kernel';

const whole = { write: handled, recovered: handled, 'peer up': handled, 'peer down': handled, resolved: handled };
const each = {
  combined: handled,
  difference: handled,
  verified: handled,
  hardened: handled,
  'mj durable': handled,
  'end durable': handled,
  request_delta: handled,
  delta_held: handled,
  parity_hardened: handled,
  recalled: handled,
};

export const dataTable: CellTable = {
  recovering: whole,
  serving: whole,
  preparing: each,
  updating: each,
  found: each,
  adopted: each,
  differing: each,
  recalling: each,
  restoring: each,
  ended: each,
};
