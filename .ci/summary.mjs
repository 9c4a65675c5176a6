// Adds up the test report and the check report; runs on Node 20. Usage: TESTS_JSON EXIT_CODE CHECKS_JSON EXIT_CODE
import { readFileSync } from 'node:fs';

const [testsFile, testsExit, checksFile, checksExit] = process.argv.slice(2);

const tests = tally('tests', testsFile, testsExit, (report) => {
  const left = report.numPendingTests + report.numTodoTests;
  if (left > 0) console.log(`${left} tests were skipped`);
  // A file that does not load has failed without a failed test in it.
  const unloaded = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0);
  return { passed: report.numPassedTests, failed: report.numFailedTests + unloaded.length };
});
const checks = tally('checks', checksFile, checksExit, (steps) => {
  const passed = steps.filter((step) => step.passed).length;
  return { passed, failed: steps.length - passed };
});

const failed = tests.failed + checks.failed;
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${tests.passed + checks.passed} passed, ${failed} failed`);

function tally(what, file, exitCode, count) {
  let counted;
  try {
    counted = count(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.log(`${what}: no report (exit code ${exitCode}): ${error.message}`);
    return { passed: 0, failed: 1 };
  }
  if (exitCode === '0' || counted.failed > 0) return counted;
  console.log(`${what}: every one passed, yet the command ended with exit code ${exitCode}`);
  return { passed: counted.passed, failed: 1 };
}
