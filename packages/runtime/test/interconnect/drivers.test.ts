import { describeCompliance } from './compliance.ts';
import { portPair, ringPair } from './link-pair.ts';

describeCompliance('the ring driver', ringPair);
describeCompliance('the port driver', portPair);
