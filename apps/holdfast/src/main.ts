#!/usr/bin/env node
// Nothing is imported before the version is known: an older Node would fail on syntax, without a word on why.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `holdfast: needs Node 24 or newer, this is ${process.version}. Install it, or run: npx -y node@24 ${process.argv[1]}\n`,
  );
  process.exitCode = 2;
} else {
  const { keepCompiledCode } = await import('./compile-cache.ts');
  keepCompiledCode();
  const { runCommand } = await import('./command.ts');
  const exitCode = await runCommand(process.argv.slice(2), process);
  process.exitCode = exitCode;
  const { leaveWhenHung } = await import('./leave.ts');
  leaveWhenHung(exitCode);
}

export {};
