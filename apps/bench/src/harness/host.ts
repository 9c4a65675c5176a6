import { cpus, loadavg, platform, totalmem } from 'node:os';

/** One line that says where a number comes from, and how busy the machine was. */
export function hostLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.replace(/\s+/g, ' ').trim() ?? 'unknown processor';
  const gib = Math.round(totalmem() / 2 ** 30);
  const load = (loadavg()[0] as number).toFixed(1);
  return `${model}, ${processors.length} cores, ${gib} GiB, ${platform()}, Node ${process.versions.node}, load ${load}`;
}
