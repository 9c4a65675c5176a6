import { exploreText, runExplore, violationText } from '@holdfast/simulation';
const { raidSuite } = await import('./src/verification/raid-suite.ts');
const [name, seconds] = process.argv.slice(2);
const pick = raidSuite.configurations.filter((c) => name === 'all' || name === undefined || c.name.includes(name));
const report = runExplore({ ...raidSuite, configurations: pick }, { skipMutants: true, secondsMax: Number(seconds ?? 60) });
console.log(exploreText(report));
for (const e of report.explorations) for (const v of e.violations) console.log(violationText(v));
