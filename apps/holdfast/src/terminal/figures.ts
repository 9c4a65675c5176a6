const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `61.3 MiB`. Binary units, one decimal from KiB up. */
export function showBytes(bytes: number): string {
  let scaled = bytes;
  let unit = 0;
  while (scaled >= 1024 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${unit === 0 ? scaled : scaled.toFixed(1)} ${units[unit]}`;
}

/** `1 842`: groups of three, parted by a narrow space that does not break. */
export function showCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** `1 file`, `2 files`. */
export function showMany(count: number, one: string, many = `${one}s`): string {
  return `${showCount(count)} ${count === 1 ? one : many}`;
}

/** ` 12.3 s`, right-aligned for the left edge of a time line. */
export function showStamp(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
}

export function showRate(bytes: number, milliseconds: number): string {
  return milliseconds <= 0 ? '' : `${showBytes(Math.round((bytes * 1000) / milliseconds))}/s`;
}
