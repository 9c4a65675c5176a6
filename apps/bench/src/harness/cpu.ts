/** CPU time of every thread of the process, in nanoseconds, since some fixed moment. */
export function processCpuNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}
