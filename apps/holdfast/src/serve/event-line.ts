import type { ClusterEvent } from '@holdfast/runtime';

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
