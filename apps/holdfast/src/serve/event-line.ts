import type { ArrayEvent } from '@holdfast/raid';
import type { ClusterEvent } from '@holdfast/runtime';
import { showBytes } from '../terminal/figures.ts';
import { printable } from '../tree/name.ts';

/** What an operator should see of an event; undefined for the rest. */
export function eventLine(event: ClusterEvent): string | undefined {
  switch (event.type) {
    case 'node-down':
      return `✗ ${event.node} is down: ${event.cause}${event.error === undefined ? '' : `, ${event.error.message}`}`;
    case 'node-up':
      return `${event.node} is up, incarnation ${event.incarnation}`;
    case 'node-stalled':
      return `! ${event.node} stands still for ${event.silentMs} ms`;
    case 'node-recovered':
      return `${event.node} goes on after ${event.silentMs} ms`;
    case 'node-stuck':
      return `✗ the thread of ${event.node} does not end; it is fenced`;
    case 'escalated':
      return `✗ ${event.node} died ${event.restarts} times within ${event.withinMs} ms: every node was ended`;
    case 'deploy-failed':
      return `✗ ${event.service} did not start on ${event.node}: ${event.error.message}`;
    case 'log':
      return event.level === 'info' ? undefined : `${event.node} ${event.level}: ${event.message}`;
    default:
      return undefined;
  }
}

/** The same of an event of the array. */
export function arrayEventLine(event: ArrayEvent): string {
  switch (event.type) {
    case 'degraded':
      return `! the array goes on without the drive of ${event.node}: ${event.why}`;
    case 'proxy':
      return event.state === 'begun'
        ? `${event.by.join(', ')} stand in for ${event.node} from epoch ${event.epoch} on`
        : `${event.node} answers for itself from epoch ${event.epoch} on`;
    case 'resyncing':
      if (event.state === 'begun') return `${event.node} catches up with what was written in ranges`;
      if (event.state === 'ended') return `${event.node} has caught up; ${event.blocksMoved} blocks travelled`;
      return `! ${event.node} did not catch up: ${event.blocks} blocks and ${event.groups} rows are left`;
    case 'rebuilding':
      if (event.state === 'begun') return `${event.node} gets the slots it should hold`;
      if (event.state === 'ended')
        return `${event.node} holds what it should; ${showBytes(event.repairedBytes)} written`;
      return `! filling ${event.node} failed after ${showBytes(event.repairedBytes)}`;
    case 'repaired':
      return `${shown(event.key)}: group ${event.group} slot ${event.slot} on ${event.node} was ${event.why} and is repaired`;
    case 'lost':
      return `✗ ${shown(event.key)}: group ${event.groups.join(', ')} is gone`;
  }
}

const shown = (key: string) => printable(Buffer.from(key));
