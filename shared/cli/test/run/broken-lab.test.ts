/** A lab that cannot be loaded or started says where and why, and keeps no other from running. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURE_LABS, Folder, Lab, PACKAGES, survivors } from './lab-command.ts';

const throwing = `import { readFileSync } from 'node:fs';

readFileSync('/no/such/file');
`;
const misspelt = `export default {
  name: 'misspelt',
  question 'where is the colon?',
};
`;
/** The fixture lab with one change, so that it breaks one rule. */
const withoutControl = (source: string) => source.replaceAll("control: 'careful'", "control: ''");

/** A folder of labs: tally, and three that are broken. */
function brokenLabs(): Folder & { control: number } {
  const folder = new Folder();
  symlinkSync(PACKAGES, join(folder.path, 'node_modules'));
  cpSync(join(FIXTURE_LABS, 'tally'), join(folder.path, 'tally'), { recursive: true });
  const tally = readFileSync(join(FIXTURE_LABS, 'tally', 'lab.ts'), 'utf8');
  const uncontrolled = withoutControl(tally)
    .replace("name: 'tally'", "name: 'uncontrolled'")
    .replaceAll('./src/', '../tally/src/');
  for (const [name, source] of Object.entries({ throwing, misspelt, uncontrolled })) {
    mkdirSync(join(folder.path, name));
    writeFileSync(join(folder.path, name, 'lab.ts'), source);
  }
  const control = uncontrolled.split('\n').findIndex((line) => line.includes("id: 'patience-beats-itself'")) + 1;
  return Object.assign(folder, { control });
}

describe.concurrent('a lab.ts that is broken', () => {
  test('names its line and its problem when it is run: an exception, a syntax error, a broken rule', async () => {
    using labs = brokenLabs();
    await using lab = new Lab();
    const [thrown, syntax, rule] = await Promise.all(
      ['throwing', 'misspelt', 'uncontrolled'].map((name) => lab.run(['run', name], { labs: labs.path })),
    );
    expect(thrown?.stderr).toMatch(/throwing[\\/]lab\.ts:3: Error: ENOENT/);
    expect(syntax?.stderr).toMatch(/misspelt[\\/]lab\.ts:3: SyntaxError/);
    expect(rule?.stderr).toMatch(
      new RegExp(`uncontrolled/lab\\.ts:${labs.control}: it breaks a rule: .*"patience-beats-itself" has no control`),
    );
    expect([thrown?.code, syntax?.code, rule?.code]).toEqual([2, 2, 2]);
  });

  test('is listed with its problem, and the others beside it as they are', async () => {
    using labs = brokenLabs();
    await using lab = new Lab();
    const { code, stdout } = await lab.run(['list'], { labs: labs.path });
    expect(stdout).toMatch(/^misspelt\n {2}cannot be loaded: .*lab\.ts:3: SyntaxError/m);
    expect(stdout).toMatch(/^tally\n {2}Is reading, thinking and writing back safe/m);
    expect(stdout).toMatch(/^throwing\n {2}cannot be loaded: .*lab\.ts:3: Error/m);
    expect(stdout).toMatch(/^uncontrolled\n {2}cannot be loaded: .*has no control/m);
    expect(code).toBe(2);
  });

  test('keeps no other from running when all are, nor does one that cannot start', async () => {
    using labs = brokenLabs();
    cpSync(join(FIXTURE_LABS, 'dies-at-start'), join(labs.path, 'dies-at-start'), { recursive: true });
    await using lab = new Lab();
    const { code, stdout, stderr } = await lab.run(['run', '--quick'], { labs: labs.path });
    expect(stderr).toMatch(/The lab throwing cannot be loaded and is left out/);
    expect(stderr).toMatch(/dies-at-start: the service list ended at its start/);
    expect(stdout).toMatch(/^tally {2}/m);
    expect(lab.result('tally', 'result.json').experiments[0]?.variants).toHaveLength(2);
    expect(existsSync(join(lab.state, 'results', 'dies-at-start', 'result.json'))).toBe(false);
    // A wrong call comes before something missing.
    expect(code).toBe(2);
  });
});

test.concurrent('a service that dies at its start: its last lines, where the rest is, exit code 4', async () => {
  await using lab = new Lab();
  const { code, stdout, stderr } = await lab.run(['run', 'dies-at-start']);
  expect(stderr).toMatch(/the service list ended at its start \(exit code 7\)/);
  expect(stderr).toContain('opening the ledger\n');
  const log = /All of its output: (.*)/.exec(stderr)?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toContain('a language that nobody reads');
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(survivors(lab.processes())).toEqual([]);
});
