export { answer as default } from '../load/load.ts';
