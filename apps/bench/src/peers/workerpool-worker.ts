import workerpool from 'workerpool';
import { answer } from '../load/load.ts';

workerpool.worker({ answer });
