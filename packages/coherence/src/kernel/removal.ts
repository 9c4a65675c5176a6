import { dropShadow, noBackup } from './backup.ts';
import { wasExecuted, withExecuted, withMigratory, withOnDevice } from './baggage.ts';
import { clearDevice } from './device.ts';
import { takeHead } from './entry-queue.ts';
import { existsOnDevice } from './filling.ts';
import { difference, type NodeSet, noNodes, onlyNode, union, withNode, withoutNode } from './node-set.ts';
import { dropCopy, leave } from './object-entry.ts';
import type { ObjectEnv } from './object-env.ts';
import {
  type NodeId,
  noPayload,
  type ObjectEntry,
  type ObjectMessage,
  type ObjectSink,
  type RemoveRequest,
} from './object-types.ts';
import { tellWatchers } from './watching.ts';

/**
 * Removal is a write of absence by the owner, which collects the acknowledgements itself and keeps every request that
 * arrives until the end. Then the absent object goes home to its default owner, unless that waits for something of its
 * own: a node with a request under way is never sent the object but in answer to it, so that every request is answered
 * exactly once. The default owner is told first: nodes told after it may forget who owned the object and ask it.
 */
export function beginRemoval(entry: ObjectEntry, remover: NodeId, env: ObjectEnv, out: ObjectSink): void {
  const { self, defaultOwner, rules } = env;
  // The remover knows what it asked for, but a shadow there must be gone before anybody hears that the object is.
  const others = difference(nodesKnowing(entry, defaultOwner), remover === entry.backup.at ? [self] : [self, remover]);
  entry.backup = noBackup;
  const goesFirst = others.includes(defaultOwner) && rules.homeFirst();
  entry.status = 'WAIT_OBJ_RM_ACK';
  out.trace('removing');
  entry.home = false;
  entry.copyset = noNodes;
  entry.rmset = goesFirst ? withoutNode(others, defaultOwner) : noNodes;
  // Where the default owner is told first, the others learn from its answer who will own the absent object.
  if (goesFirst) tell(entry, [defaultOwner], self, out);
  else tell(entry, others, defaultOwner, out);
  continueRemoval(entry, env, out);
}

/** All that have a copy, a shadow or an entry. */
function nodesKnowing({ rmset, copyset, backup }: ObjectEntry, defaultOwner: NodeId): NodeSet {
  const known = union(rmset, withNode(copyset, defaultOwner));
  return backup.at < 0 ? known : withNode(known, backup.at);
}

function tell(entry: ObjectEntry, nodes: NodeSet, owner: NodeId, out: ObjectSink): void {
  for (const node of nodes) out.send(node, { type: 'RM', version: entry.version, owner });
  entry.awaited = nodes;
}

function continueRemoval(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  if (entry.awaited.length === 0 && entry.rmset.length > 0) {
    const rest = entry.rmset;
    entry.rmset = noNodes;
    tell(entry, rest, entry.home ? env.defaultOwner : env.self, out);
  }
  if (!env.rules.awaitsRemoval(entry.awaited)) finishRemoval(entry, env, out);
}

export function removalAcknowledged(
  entry: ObjectEntry,
  from: NodeId,
  { busy }: Extract<ObjectMessage, { type: 'RM_ACK' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  entry.awaited = withoutNode(entry.awaited, from);
  if (from === env.defaultOwner) entry.home = env.rules.goesHome(busy);
  continueRemoval(entry, env, out);
}

function finishRemoval(entry: ObjectEntry, env: ObjectEnv, out: ObjectSink): void {
  const { self, defaultOwner, rules } = env;
  const { incarnation, home } = entry;
  const version = rules.afterAcquisition(entry.version);
  const head = takeHead(entry, 'remove', 'RM_REQ');
  entry.awaited = noNodes;
  entry.home = false;
  out.trace('removed', head.type === 'RM_REQ' ? head.requester : self);
  if (self === defaultOwner) clearDevice(entry, version, env, out);
  entry.version = version;
  tellWatchers(entry, false, env, out);
  const left = withOnDevice(withMigratory(entry.baggage, false), false);
  const isForOther = head.type === 'RM_REQ' && rules.remembersRemoval();
  const baggage = rules.takesAlong(isForOther ? withExecuted(left, head) : left);
  if (head.type === 'RM_REQ' && head.requester === defaultOwner) {
    answerRemover(head, { version, incarnation, baggage, removed: true, owner: defaultOwner, home: true }, out);
    leave(entry, defaultOwner);
    return;
  }
  if (home) {
    if (rules.tellsHome()) out.send(defaultOwner, { type: 'RM_ACK2', version, incarnation, baggage });
    leave(entry, defaultOwner);
  } else {
    const rmset = withNode(onlyNode(self), defaultOwner);
    ownAbsent(entry, self, { version, incarnation, baggage, rmset, lost: false });
  }
  if (head.type === 'remove') out.reply(head.call, { outcome: 'done' });
  else
    answerRemover(
      head,
      { version, incarnation, baggage, removed: true, owner: home ? defaultOwner : self, home: false },
      out,
    );
}

function answerRemover(
  { requester, request }: RemoveRequest,
  answer: Pick<
    Extract<ObjectMessage, { type: 'RM_DONE' }>,
    'version' | 'incarnation' | 'baggage' | 'removed' | 'owner' | 'home'
  >,
  out: ObjectSink,
): void {
  out.send(requester, { type: 'RM_DONE', request, ...answer });
}

/** This node owns the object, which does not exist. */
export function ownAbsent(
  entry: ObjectEntry,
  self: NodeId,
  {
    version,
    incarnation,
    baggage,
    rmset,
    lost,
  }: Pick<ObjectEntry, 'version' | 'incarnation' | 'baggage' | 'rmset' | 'lost'>,
): void {
  entry.status = 'INV_OWNER';
  entry.probOwner = self;
  entry.version = version;
  entry.incarnation = incarnation;
  entry.payload = noPayload;
  entry.baggage = baggage;
  entry.changed = 'no';
  entry.copyset = noNodes;
  entry.rmset = rmset;
  entry.lost = lost;
  entry.floor = 0;
}

/** A removal asked for by another node, at the owner. */
export function serveRemoveRequest(
  entry: ObjectEntry,
  request: RemoveRequest,
  env: ObjectEnv,
  out: ObjectSink,
): boolean {
  if (entry.writer !== 0 || entry.readers.length > 0) return false;
  const { again, requester, call } = request;
  const removed = again && env.rules.ranBefore(wasExecuted(entry.baggage, requester, call));
  const isThere = entry.status !== 'INV_OWNER' || entry.lost || existsOnDevice(entry, env);
  if (isThere && !removed) {
    beginRemoval(entry, requester, env, out);
    return false;
  }
  if (!removed) out.trace('absent');
  const { version, incarnation, baggage } = entry;
  const home = !isThere && requester === env.defaultOwner;
  const owner = home ? env.defaultOwner : env.self;
  answerRemover(request, { version, incarnation, baggage, removed, owner, home }, out);
  if (home) leave(entry, env.defaultOwner);
  else entry.rmset = withNode(entry.rmset, requester);
  return true;
}

/** RM: no copy of before the removal may survive it, and the object is asked for where it will be. */
export function toldOfRemoval(
  entry: ObjectEntry,
  from: NodeId,
  { version, owner }: Extract<ObjectMessage, { type: 'RM' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  entry.probOwner = owner;
  if (env.self === env.defaultOwner) clearDevice(entry, version, env, out);
  if (entry.status === 'INV_COPY' || entry.status === 'READ_COPY') {
    entry.invalidation = { type: 'RM', to: from, version };
    return;
  }
  if (entry.status === 'WAIT_OBJ_READ') entry.floor = Math.max(entry.floor, version);
  dropCopy(entry);
  if (env.rules.removesShadow()) dropShadow(entry);
  if (env.rules.acknowledgesWithoutCopy(entry.status))
    out.send(from, { type: 'RM_ACK', busy: env.self === env.defaultOwner });
}

/** The copy goes, and with it all that is known of the object; the default owner waits for the end of the removal. */
export function forget(entry: ObjectEntry, collector: NodeId, env: ObjectEnv, out: ObjectSink): void {
  if (env.rules.removesShadow()) dropShadow(entry);
  leave(entry, entry.probOwner);
  if (env.self === env.defaultOwner) entry.status = 'WAIT_OBJ_RM_ACK2';
  out.send(collector, { type: 'RM_ACK', busy: false });
}

/** RM_DONE: the answer to this node's own RM_REQ. */
export function removalAnswered(
  entry: ObjectEntry,
  from: NodeId,
  message: Extract<ObjectMessage, { type: 'RM_DONE' }>,
  env: ObjectEnv,
  out: ObjectSink,
): void {
  const { call } = takeHead(entry, 'remove');
  if (message.home) {
    ownAbsent(entry, env.self, { ...message, rmset: withNode(onlyNode(env.self), from), lost: false });
    clearDevice(entry, message.version, env, out);
  } else {
    leave(entry, message.owner);
  }
  out.reply(call, { outcome: message.removed ? 'done' : 'absent' });
}
