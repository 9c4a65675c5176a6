export { openParity, type ParityKernel, scalarParity, simdParity } from './parity/parity-kernel.ts';
