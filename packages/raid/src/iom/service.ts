import { join } from 'node:path';
import { registerRaidErrors } from '../error-classes.ts';
import { GeometryError } from '../errors.ts';
import { channelLinks } from './channel-links.ts';
import { IomOptions, IomService } from './definition.ts';
import { Iom } from './iom.ts';

/** The service module that an array deploys on every member. */
export default IomService.implement((context, options) => {
  registerRaidErrors();
  const { directory } = IomOptions.parse(options ?? {});
  const drive =
    directory === undefined ? context.storage && join(context.storage, 'raid') : join(directory, context.name);
  if (drive === undefined) {
    throw new GeometryError(
      'The cluster has no storage, and the array was given no directory.',
      'Start the cluster with storage, or name a directory for the array.',
    );
  }
  const connect = channelLinks(context);
  const iom = new Iom({ member: context.slot, pages: context.pages, directory: drive, connect });
  return {
    create: (identity) => iom.create(identity),
    open: () => iom.open(),
    setView: (view) => iom.setView(view),
    enterView: (request) => iom.enterView(request),
    layOut: (request) => iom.layOut(request),
    blank: (request) => iom.blank(request),
    behind: (request) => iom.behind(request),
    store: (request) => iom.store(request),
    harden: (request) => iom.harden(request),
    fetch: async (request) => [...(await iom.fetch(request))],
    putObject: async (request) => [...(await iom.putObject(request))],
    forget: (request) => iom.forget(request),
    drop: (request) => iom.drop(request),
    versions: async (key) => [...(await iom.versions(key))],
    objects: async (request) => [...(await iom.objects(request))],
    gfids: async (request) => [...(await iom.gfids(request))],
    view: () => iom.view(),
    newGfid: (request) => iom.newGfid(request),
    writeBlocks: (request) => iom.writeBlocks(request),
    claim: (request) => iom.claim(request),
    proxyWrites: (request) => iom.proxyWrites(request),
    mendBlock: (request) => iom.mendBlock(request),
    encodeParity: (request) => iom.encodeParity(request),
    readBlocks: (request) => iom.readBlocks(request),
    readParity: (request) => iom.readParity(request),
    syncBlocks: (request) => iom.syncBlocks(request),
    blockUse: (request) => iom.blockUse(request),
    heldBlocks: (request) => iom.heldBlocks(request),
    giveBack: (request) => iom.giveBack(request),
    decided: (request) => iom.decided(request),
    claims: (request) => iom.claims(request),
    reserve: (request) => iom.reserve(request),
    reserves: (request) => iom.reserves(request),
    use: () => iom.use(),
    stopped: () => iom.stopped(),
    beginTrace: (request) => iom.beginTrace(request),
    endTrace: async () => [...(await iom.endTrace())],
    hold: (request) => iom.hold(request),
    held: (request) => iom.held(request),
    letGo: (request) => iom.letGo(request),
    close: () => iom.close(),
    [Symbol.asyncDispose]: () => iom.close(),
  };
});
