import type { ServiceProxy } from '@holdfast/runtime/service';
import { readMs } from '../limits.ts';
import type { IomService } from './definition.ts';
import type { IomPort } from './iom-port.ts';

/** The calls of the service in the shape of {@link IomPort}: lists that callers may not change, made changeable. */
export function iomPortOf(proxy: ServiceProxy<typeof IomService.members>): IomPort {
  const soon = { timeoutMs: readMs };
  return {
    create: (identity) => proxy.create({ ...identity, members: [...identity.members] }),
    open: () => proxy.open(),
    setView: ({ epoch, live, members, returning = [] }) =>
      proxy.setView({ epoch, live: [...live], members: members && [...members], returning: [...returning] }),
    enterView: (request) => proxy.enterView(request),
    layOut: (request) => proxy.layOut(request),
    blank: (request) => proxy.blank(request),
    behind: (request) => proxy.behind(request, soon),
    store: (request) => proxy.store(request),
    harden: (request) => proxy.harden(request),
    fetch: (request) => proxy.fetch(request, soon),
    putObject: (request) => proxy.putObject(request),
    forget: ({ epoch, gfids }) => proxy.forget({ epoch, gfids: [...gfids] }),
    drop: ({ epoch, gfids }) => proxy.drop({ epoch, gfids: [...gfids] }),
    versions: (key) => proxy.versions(key, soon),
    objects: ({ prefix, after, limit }) =>
      proxy.objects({ prefix, limit, ...(after && { after: { ...after } }) }, soon),
    gfids: (request) => proxy.gfids(request, soon),
    view: () => proxy.view(undefined, soon),
    newGfid: (request) => proxy.newGfid(request),
    writeBlocks: (request) => proxy.writeBlocks(request),
    proxyWrites: (request) => proxy.proxyWrites(request),
    claim: (request) => proxy.claim(request),
    mendBlock: (request) => proxy.mendBlock(request),
    encodeParity: (request) => proxy.encodeParity(request),
    readBlocks: (request) => proxy.readBlocks(request, soon),
    readParity: (request) => proxy.readParity(request, soon),
    syncBlocks: (request) => proxy.syncBlocks(request),
    blockUse: (request) => proxy.blockUse(request, soon),
    heldBlocks: (request) => proxy.heldBlocks(request, soon),
    giveBack: (request) => proxy.giveBack(request),
    decided: (request) => proxy.decided(request),
    claims: (request) => proxy.claims(request, soon),
    reserve: (request) => proxy.reserve(request),
    reserves: (request) => proxy.reserves(request, soon),
    use: () => proxy.use(undefined, soon),
    // A drive may never stop: whoever waits may wait for ever.
    stopped: () => proxy.stopped(undefined, { timeoutMs: 0 }),
    beginTrace: (request) => proxy.beginTrace(request),
    endTrace: () => proxy.endTrace(),
    hold: (request) => proxy.hold(request),
    // Something may never come to the step: whoever waits may wait for ever.
    held: (request) => proxy.held(request, { timeoutMs: 0 }),
    letGo: (request) => proxy.letGo(request),
    close: () => proxy.close(),
  };
}
