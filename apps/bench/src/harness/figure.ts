/** A number for reading: three significant digits, thousands as k and M. */
export function figure(value: number | null): string {
  if (value === null) return '-';
  const size = Math.abs(value);
  if (size >= 999_500) return `${short(value / 1e6)} M`;
  if (size >= 9_995) return `${short(value / 1e3)} k`;
  return short(value);
}

function short(value: number): string {
  if (value === 0) return '0';
  const digits = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(3))))) + 1;
  return value.toFixed(Math.min(3, Math.max(0, 3 - digits)));
}
