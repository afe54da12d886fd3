import path from 'node:path';
import { seal } from '@backend-labs/experiment/result';
import { serialiseResult } from '@backend-labs/report';
import { describe, expect, it } from 'vitest';
import { madeUpResult } from '../../report/test/made-up-result.ts';
import { madeUpWorkspace } from '../../report/test/made-up-workspace.ts';
import { compare } from '../verbs/compare.ts';

const plainly = { json: false, colour: false, width: 100 };

describe('./lab compare', () => {
  it('reads two files and says what differs', async () => {
    await using workspace = await madeUpWorkspace();
    await workspace.write('b.json', serialiseResult(madeUpResult({ seed: 9 })));
    const [a, b] = ['labs/demo/results/reference.json', 'b.json'].map((file) => path.join(workspace.folder, file)) as [
      string,
      string,
    ];
    expect(await compare(a, b, plainly)).toContain('seed: A 1, B 9');
    expect(JSON.parse(await compare(a, b, { ...plainly, json: true }))).toMatchObject({
      lab: 'demo',
      circumstances: [{ what: 'seed', a: '1', b: '9' }],
    });
  });

  it('refuses results of different labs, a missing file and a truncated one, with exit code 2', async () => {
    await using workspace = await madeUpWorkspace();
    const a = path.join(workspace.folder, 'labs/demo/results/reference.json');
    await workspace.write('other.json', serialiseResult(seal({ ...madeUpResult(), lab: 'other' })));
    await workspace.write('cut.json', '{"schema": 1, ');
    for (const [file, said] of [
      ['other.json', /different labs/],
      ['none.json', /There is no file/],
      ['cut.json', /cut short/],
      ['labs', /is a folder/],
    ] as const) {
      await expect(compare(a, path.join(workspace.folder, file), plainly)).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(said),
      });
    }
  });
});
