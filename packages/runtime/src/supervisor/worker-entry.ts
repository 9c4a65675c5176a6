const sourceCondition = 'holdfast-src';

/** The worker entry of this package, in the form that runs: sources or dist. */
export function workerEntry(): string {
  return import.meta.resolve('@holdfast/runtime/worker');
}

/**
 * When the sources run, workers must resolve the packages to sources too. They inherit the condition, unless this
 * process was given it in a way that workers do not see; then it is passed explicitly.
 */
export function workerExecArgv(): { readonly execArgv?: string[] } {
  const fromSources = import.meta.url.endsWith('.ts');
  const inherited = process.execArgv.join(' ').includes(sourceCondition);
  if (!fromSources || inherited) return {};
  return { execArgv: [`--conditions=${sourceCondition}`] };
}
