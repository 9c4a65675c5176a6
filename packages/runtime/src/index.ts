export * from './errors.ts';
export * from './limits.ts';
export * from './member.ts';
export * from './memory/types.ts';
