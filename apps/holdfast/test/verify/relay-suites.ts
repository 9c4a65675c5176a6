import type { VerificationSuites } from '../../src/verify/registry.ts';
import { relaySuite } from './relay-suite.ts';

const sound = relaySuite();
const [broken] = relaySuite({ sound: false }).configurations;
const [world] = sound.configurations;

/** What threads load: three configurations, one of them violated, and a seeded bug; and a kernel whose runs fail. */
export const verificationSuites: VerificationSuites = new Map([
  [
    'relay',
    async () => ({
      ...sound,
      configurations: [world!, { ...broken!, name: 'broken' }, { ...world!, name: 'again' }],
    }),
  ],
  ['broken-relay', async () => relaySuite({ sound: false })],
]);
