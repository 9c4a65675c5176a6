import { type CellTable, handled } from '@holdfast/kernel';

const whole = { recovered: handled, 'peer up': handled, 'peer down': handled, resolve: handled };
const each = {
  combined: handled,
  difference: handled,
  verified: handled,
  hardened: handled,
  'pj durable': handled,
  'end durable': handled,
  ios_updatepn: handled,
  delta: handled,
  data_hardened: handled,
  recall: handled,
  abort: handled,
};

export const parityTable: CellTable = {
  recovering: whole,
  serving: whole,
  unknown: each,
  requested: each,
  merging: each,
  hardening: each,
  found: each,
  aside: each,
};
