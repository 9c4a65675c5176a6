import type { Area } from '../harness/question.ts';
import { checksum } from './checksum.ts';
import { parity } from './parity.ts';
import { wholeObjects } from './whole-objects.ts';

export const raidArea: Area = { name: 'raid', questions: [...parity, ...checksum, ...wholeObjects] };
