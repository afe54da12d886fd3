import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseResult, seal } from '@backend-labs/experiment/result';
import { serialiseResult } from '@backend-labs/report';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { madeUpResult } from '../../report/test/made-up-result.ts';
import { type MadeUpWorkspace, madeUpWorkspace, section } from '../../report/test/made-up-workspace.ts';
import { type ReportOptions, register, report } from '../verbs/report.ts';

function run(workspace: MadeUpWorkspace, targets: string[], options: ReportOptions = {}, notes: string[] = []) {
  return report(targets, options, {
    workspace: workspace.folder,
    labsFolder: path.join(workspace.folder, 'labs'),
    calledFrom: workspace.folder,
    latestFolder: (lab) => path.join(workspace.folder, '.lab', 'results', lab),
    colour: false,
    width: 100,
    note: (text) => notes.push(text),
  });
}

describe('./lab report', () => {
  it('prints the reference of a lab, and its latest run once there is one', async () => {
    await using workspace = await madeUpWorkspace();
    const notes: string[] = [];
    expect(await run(workspace, ['demo'], {}, notes)).toContain('seed 1');
    await workspace.write('.lab/results/demo/result.json', serialiseResult(madeUpResult({ seed: 77 })));
    expect(await run(workspace, ['demo'], {}, notes)).toContain('seed 77');
    expect(notes).toEqual(['from labs/demo/results/reference.json', 'from .lab/results/demo/result.json']);
  });

  it('prints all labs with a result when none is named', async () => {
    await using workspace = await madeUpWorkspace();
    await workspace.write('labs/empty/lab.ts', '');
    expect(await run(workspace, [])).toMatch(/^demo /);
  });

  it('prints JSON that reads back: one result, or a list of several', async () => {
    await using workspace = await madeUpWorkspace();
    const file = 'labs/demo/results/reference.json';
    expect(parseResult(await run(workspace, [file], { json: true }), 'x')).toEqual(madeUpResult());
    expect(JSON.parse(await run(workspace, [file, 'demo'], { json: true }))).toHaveLength(2);
  });

  it('explains one claim, and suggests the nearest for a mistyped one', async () => {
    await using workspace = await madeUpWorkspace();
    expect(await run(workspace, ['demo'], { explain: 'bounded' })).toContain('Evidence (1)');
    await expect(run(workspace, ['demo'], { explain: 'bonded' })).rejects.toThrow('Did you mean bounded?');
  });

  it('writes one HTML file', async () => {
    await using workspace = await madeUpWorkspace();
    const file = 'out/page.html';
    expect(await run(workspace, ['demo'], { html: file })).toBe('');
    expect(await workspace.read('out/page.html')).toMatch(/^<!doctype html>/);
    await expect(run(workspace, ['demo'], { html: workspace.folder })).rejects.toMatchObject({ exitCode: 2 });
  });

  it('refuses bad input with exit code 2: a mistyped lab, a missing file, an edited result', async () => {
    await using workspace = await madeUpWorkspace();
    await expect(run(workspace, ['dmeo'])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('Did you mean demo?'),
    });
    await expect(run(workspace, ['./none.json'])).rejects.toMatchObject({
      exitCode: 2,
      message: 'There is no file ./none.json.',
    });
    await workspace.edit('labs/demo/results/reference.json', (text) => text.replace('"ok": 1000', '"ok": 1001'));
    await expect(run(workspace, ['demo'])).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('experiments.hang.variants.none#1: its digest does not match'),
    });
  });

  it('says how to get a result where there is none', async () => {
    await using workspace = await madeUpWorkspace(null);
    await expect(run(workspace, ['demo'])).rejects.toThrow('./lab run demo');
    await expect(run(workspace, [])).rejects.toMatchObject({ exitCode: 2 });
  });

  it('prints the JSON Schema', async () => {
    await using workspace = await madeUpWorkspace(null);
    expect(JSON.parse(await run(workspace, [], { jsonSchema: true }))).toMatchObject({ type: 'object' });
  });

  it('has an example for each use in its help', () => {
    const program = new Command();
    register(program);
    let help = '';
    program.commands[0]?.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    for (const flag of ['--write', '--html', '--explain', '--json'])
      expect(help).toMatch(new RegExp(`^ +\\./lab report.*${flag}`, 'm'));
  });
});

describe('./lab report --write', () => {
  it('fills every section, draws the plots, and then has nothing more to do', async () => {
    await using workspace = await madeUpWorkspace();
    const written = await run(workspace, [], { write: true });
    expect(written.trim().split('\n').sort()).toEqual([
      'wrote README.md',
      'wrote docs/result.schema.json',
      'wrote labs/demo/README.md',
      'wrote labs/demo/results/hang-gateway-http-inFlight.svg',
    ]);
    const readme = await workspace.read('labs/demo/README.md');
    expect(readme).toContain('| intended | 1,200 | 1,200 |');
    expect(readme).toContain('Predicted: λ·T = 30 calls');
    expect(await workspace.read('README.md')).toContain('[demo](labs/demo/)');
    expect(await run(workspace, [], { write: true })).toBe('Everything generated is up to date.\n');
  });

  it('changes nothing outside the markers', async () => {
    await using workspace = await madeUpWorkspace();
    await workspace.edit('labs/demo/README.md', (text) => `before  \n\n${text}\n\tafter`);
    await run(workspace, ['demo'], { write: true });
    const readme = await workspace.read('labs/demo/README.md');
    expect(readme.startsWith('before  \n\n# Demo\n\n<!-- generated:result -->\n')).toBe(true);
    expect(readme.endsWith('<!-- /generated -->\n\n\tafter')).toBe(true);
  });

  it('refuses a missing, an unclosed and an unknown marker, with its line, and writes nothing', async () => {
    const cases: [change: (text: string) => string, said: RegExp][] = [
      [() => '# Demo\n', /labs\/demo\/README\.md:1: it has no line "<!-- generated:result -->"/],
      [
        (text) => text.replace('<!-- /generated -->', ''),
        /labs\/demo\/README\.md:3: the section "result" is not closed/,
      ],
      [
        (text) => text.replace('claim bounded', 'claim nope'),
        /labs\/demo\/README\.md:8: nothing is called "claim nope"/,
      ],
    ];
    for (const [change, said] of cases) {
      await using workspace = await madeUpWorkspace();
      await workspace.edit('labs/demo/README.md', change);
      await expect(run(workspace, [], { write: true })).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(said),
      });
      expect(await readdir(path.join(workspace.folder, 'labs/demo/results'))).toEqual(['reference.json']);
      expect(await workspace.read('README.md')).not.toContain('[demo]');
    }
  });

  it('lets a README show each experiment in a section of its own, and refuses one that leaves an experiment out', async () => {
    const [hang] = madeUpResult().experiments;
    if (hang === undefined) throw new Error('the made-up result has no experiment');
    const drop = { ...hang, name: 'drop', claims: [] };
    const readme = (...names: string[]) => `# Demo\n\n${names.map(section).join('\n')}`;
    await using workspace = await madeUpWorkspace(seal({ ...madeUpResult(), experiments: [hang, drop] }));
    await workspace.write('labs/demo/README.md', readme('result hang'));
    await expect(run(workspace, [], { write: true })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('it has no line "<!-- generated:result drop -->"'),
    });
    await workspace.write('labs/demo/README.md', readme('result hang', 'result drop'));
    await run(workspace, [], { write: true });
    expect(await workspace.read('labs/demo/README.md')).toMatch(/generated:result drop -->\n\n.*\?/);
  });

  it('refuses an edited reference and leaves the table of labs as it was', async () => {
    await using workspace = await madeUpWorkspace();
    await run(workspace, [], { write: true });
    const before = await workspace.read('README.md');
    await workspace.edit('labs/demo/results/reference.json', (text) => text.replace('31.3 calls', '30 calls'));
    await expect(run(workspace, [], { write: true })).rejects.toThrow(/claims\.bounded: its digest does not match/);
    expect(await workspace.read('README.md')).toBe(before);
  });

  it('leaves a lab without a reference as it is, says so, and writes the rest', async () => {
    await using workspace = await madeUpWorkspace(null);
    const before = await workspace.read('labs/demo/README.md');
    const notes: string[] = [];
    expect(await run(workspace, [], { write: true }, notes)).toContain('wrote docs/result.schema.json');
    expect(await workspace.read('labs/demo/README.md')).toBe(before);
    expect(notes[0]).toMatch(/labs\/demo\/README\.md:3: .*reference\.json is missing: run \.\/lab run demo/);
  });

  it('takes a result of another lab for a mistake', async () => {
    await using workspace = await madeUpWorkspace(seal({ ...madeUpResult(), lab: 'other' }));
    await expect(run(workspace, [], { write: true })).rejects.toThrow('it is a result of the lab other, not of demo');
  });
});
