import type { VerificationSuites } from '../../src/verify/registry.ts';
import { relaySuite } from './relay-suite.ts';

const sound = relaySuite();
const [broken] = relaySuite({ sound: false }).configurations;
const [world] = sound.configurations;

/** What threads that explore load: three configurations, one of them violated, and a seeded bug. */
export const verificationSuites: VerificationSuites = new Map([
  [
    'relay',
    async () => ({
      ...sound,
      configurations: [world!, { ...broken!, name: 'broken' }, { ...world!, name: 'again' }],
    }),
  ],
]);
