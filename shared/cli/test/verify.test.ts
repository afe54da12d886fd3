import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { sourcesHash } from '@backend-labs/experiment/engine';
import { seal } from '@backend-labs/experiment/result';
import { serialiseResult } from '@backend-labs/report';
import { describe, expect, it } from 'vitest';
import { madeUpResult } from '../../report/test/made-up-result.ts';
import { type MadeUpWorkspace, madeUpWorkspace, section } from '../../report/test/made-up-workspace.ts';
import { report } from '../verbs/report.ts';
import { renderProblems, verify } from '../verbs/verify.ts';

const REFERENCE = 'labs/demo/results/reference.json';

async function regenerate(workspace: MadeUpWorkspace): Promise<void> {
  const { folder } = workspace;
  const places = {
    workspace: folder,
    labsFolder: `${folder}/labs`,
    calledFrom: folder,
    latestFolder: () => '',
    colour: false,
    width: 80,
    note: () => {},
  };
  await report([], { write: true }, places);
}

/** A workspace in which everything agrees. */
async function agreeing(over: Parameters<typeof madeUpResult>[0] = {}): Promise<MadeUpWorkspace> {
  const workspace = await madeUpWorkspace();
  const hash = await sourcesHash(path.join(workspace.folder, 'labs/demo'), workspace.folder);
  const { digests: _, ...result } = madeUpResult({ sources: { hash, dirty: false }, ...over });
  await workspace.write(REFERENCE, serialiseResult(seal(result)));
  await regenerate(workspace);
  return workspace;
}

const problems = async (workspace: MadeUpWorkspace, ...labs: string[]) =>
  renderProblems(await verify(labs, workspace.folder))
    .trimEnd()
    .split('\n');

describe('./lab verify', () => {
  it('has nothing to say when everything agrees', async () => {
    await using workspace = await agreeing();
    expect(await problems(workspace)).toEqual(['Everything agrees.']);
  });

  it('accepts a lab without markers and without a reference, as ./lab new makes it', async () => {
    await using workspace = await agreeing();
    await workspace.write('labs/fresh/lab.ts', 'export default { name: "fresh", variants: {}, experiments: {} };\n');
    await workspace.write('labs/fresh/README.md', '# Fresh\n');
    expect(await problems(workspace)).toEqual(['Everything agrees.']);
  });

  it('finds a number that someone edited in a README, in its section', async () => {
    await using workspace = await agreeing();
    await workspace.edit('labs/demo/README.md', (text) =>
      text.replace('Measured (timeout): 31.3', 'Measured (timeout): 30'),
    );
    const [problem, ...rest] = await problems(workspace);
    expect(problem).toMatch(
      /^labs\/demo\/README\.md:\d+: the section "claim bounded" is not what the reference result gives/,
    );
    expect(rest).toEqual([]);
  });

  it('finds an edited table of labs', async () => {
    await using workspace = await agreeing();
    await workspace.edit('README.md', (text) => text.replace('31.3', '30'));
    expect((await problems(workspace))[0]).toMatch(/^README\.md:3: the section "labs"/);
  });

  it('finds a plot that is edited, missing or left over', async () => {
    await using workspace = await agreeing();
    const plot = 'labs/demo/results/hang-gateway-http-inFlight.svg';
    await workspace.edit(plot, (text) => text.replace('#0072b2', '#000000'));
    await workspace.write('labs/demo/results/hang-old.svg', '<svg/>');
    expect(await problems(workspace)).toEqual([
      `${plot}:1: it is not what it is generated from; run ./lab report --write`,
      'labs/demo/results/hang-old.svg:1: the reference result does not draw it any more; delete it',
    ]);
  });

  it('finds a published schema that is not the program’s', async () => {
    await using workspace = await agreeing();
    await workspace.edit('docs/result.schema.json', (text) => text.replace('"type": "object"', '"type": "array"'));
    expect((await problems(workspace))[0]).toMatch(
      /^docs\/result\.schema\.json:\d+: it is not what it is generated from/,
    );
  });

  it('finds an edited number in a reference, and names the part and its line', async () => {
    await using workspace = await agreeing();
    await workspace.edit(REFERENCE, (text) => text.replace('"measured": "31.3 calls"', '"measured": "30 calls"'));
    const [problem] = await problems(workspace);
    expect(problem).toMatch(/reference\.json:\d+: experiments\.hang\.claims\.bounded: its digest does not match/);
    const line = Number(problem?.split(':')[1]);
    expect((await workspace.read(REFERENCE)).split('\n')[line]).toContain('"id": "bounded"');
  });

  it('finds a reference that is cut short, or of another version', async () => {
    await using workspace = await agreeing();
    const text = await workspace.read(REFERENCE);
    await workspace.write(REFERENCE, text.slice(0, text.length / 2));
    expect((await problems(workspace))[0]).toMatch(/reference\.json:\d+: it is cut short or not JSON/);
    await workspace.write(REFERENCE, text.replace('"schema": 1', '"schema": 2'));
    expect((await problems(workspace))[0]).toMatch(
      /reference\.json:\d+: schema: this program reads version 1, the file says 2/,
    );
  });

  it('finds a README with a result section whose reference is missing', async () => {
    await using workspace = await madeUpWorkspace(null);
    const found = await problems(workspace);
    expect(found.find((problem) => problem.startsWith('labs/demo/README.md'))).toMatch(
      /:3: it has a generated section, but .*reference\.json is missing/,
    );
  });

  it('finds sources that changed since the reference, and says so only of code', async () => {
    await using workspace = await agreeing();
    await workspace.edit('labs/demo/lab.ts', (text) => `// A better comment.\n${text}`);
    expect(await problems(workspace)).toEqual(['Everything agrees.']);
    await workspace.edit('labs/demo/lab.ts', (text) => text.replace('timeout: {}', 'timeout: { changed: true }'));
    const [problem] = await problems(workspace);
    expect(problem).toMatch(
      /^labs\/demo\/results\/reference\.json:\d+: the sources changed since this run \(then \w+, now \w+\)/,
    );
    const line = Number(problem?.split(':')[1]);
    expect((await workspace.read(REFERENCE)).split('\n')[line - 1]).toContain('"hash"');
  });

  it('finds a reference that was made of uncommitted sources, or interrupted', async () => {
    await using workspace = await agreeing();
    const { digests: _, ...result } = JSON.parse(await workspace.read(REFERENCE));
    const wrong = seal({ ...result, interrupted: true, sources: { ...result.sources, dirty: true } });
    await workspace.write(REFERENCE, serialiseResult(wrong));
    await regenerate(workspace);
    const found = (await problems(workspace)).map((problem) => problem.replace(/:\d+:/, ':'));
    expect(found.join('\n')).toMatch(/reference\.json: this run read sources that were not committed/);
    expect(found.join('\n')).toMatch(/reference\.json: this run was interrupted/);
  });

  it('finds a dead link and a dead anchor', async () => {
    await using workspace = await agreeing();
    await workspace.write('docs/note.md', '# Note\n\n[a](../labs/demo/READM.md)\n[b](../labs/demo/README.md#bound)\n');
    expect(await problems(workspace)).toEqual([
      'docs/note.md:3: the link "../labs/demo/READM.md" is dead: there is no labs/demo/READM.md in the repository',
      'docs/note.md:4: the link "../labs/demo/README.md#bound" is dead: labs/demo/README.md has no heading #bound',
    ]);
  });

  it('finds a command, a flag, a lab and a claim that do not exist, by the real program', async () => {
    await using workspace = await agreeing();
    const lines = [
      './lab verify demo --json',
      './lab report demo --explain bounded',
      './lab vrify',
      './lab verify --jsn',
      './lab report dmo',
      './lab report demo --explain bonded',
    ];
    await workspace.write('docs/note.md', `# Note\n\n\`\`\`sh\n${lines.join('\n')}\n\`\`\`\n`);
    expect((await problems(workspace)).map((problem) => problem.split(':').slice(0, 2).join(':'))).toEqual([
      'docs/note.md:6',
      'docs/note.md:7',
      'docs/note.md:8',
      'docs/note.md:9',
    ]);
  });

  it('reads what git would give to others: an ignored file is a dead link', async () => {
    await using workspace = await agreeing();
    await promisify(execFile)('git', ['init', '--quiet'], { cwd: workspace.folder });
    await workspace.write('.gitignore', 'local/\n');
    await workspace.write('local/ignored.md', '[not read](nowhere.md)\n');
    await workspace.write('docs/note.md', '[a](../local/ignored.md)\n');
    const found = await problems(workspace);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^docs\/note\.md:1: /);
  });

  it('refuses a lab that does not exist, with exit code 2', async () => {
    await using workspace = await agreeing();
    await expect(verify(['dmo'], workspace.folder)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('reports a section that nothing generates', async () => {
    await using workspace = await agreeing();
    await workspace.edit('labs/demo/README.md', (text) => `${text}\n${section('claim gone')}`);
    expect((await problems(workspace))[0]).toContain(
      'nothing is called "claim gone"; there is: result, result hang, claim bounded',
    );
  });
});
