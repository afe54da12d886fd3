/** `new`: a lab appears whole or not at all. That it runs and holds: run/verdicts.measured.test.ts. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Folder, Lab } from './run/lab-command.ts';

/** Every file below a folder, by path. */
function filesOf(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => join(entry.parentPath, entry.name)).map((path) => [path, readFileSync(path, 'utf8')]),
  );
}

describe.concurrent('new', () => {
  test('makes a lab under its name, with nothing left to fill in', async () => {
    using labs = new Folder();
    await using lab = new Lab();
    const { code, stdout, stderr } = await lab.run(['new', 'demo'], { labs: labs.path });
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('./lab run demo');
    const files = filesOf(labs.path);
    expect(Object.keys(files)).toContain(join(labs.path, 'demo', 'src', 'contract.ts'));
    for (const [path, text] of Object.entries(files)) expect(text, path).not.toMatch(/LAB_NAME|TODO/);
    expect(files[join(labs.path, 'demo', 'lab.ts')]).toContain("name: 'demo'");
    expect(readdirSync(labs.path)).toEqual(['demo']);
  });

  test.each(['Demo', '1st', 'my_lab', '../demo', 'a b', ''])(
    'refuses the name "%s" and makes nothing',
    async (name) => {
      using labs = new Folder();
      await using lab = new Lab();
      const { code, stderr } = await lab.run(['new', name], { labs: labs.path });
      expect(stderr).toContain('is no name for a lab');
      expect(code).toBe(2);
      expect(readdirSync(labs.path)).toEqual([]);
    },
  );

  test('refuses a name that is taken, and changes nothing', async () => {
    using labs = new Folder();
    mkdirSync(join(labs.path, 'demo'));
    writeFileSync(join(labs.path, 'demo', 'lab.ts'), '// mine');
    const before = filesOf(labs.path);
    await using lab = new Lab();
    const { code, stderr } = await lab.run(['new', 'demo'], { labs: labs.path });
    expect(stderr).toMatch(/already a lab demo.*Nothing was changed/);
    expect(code).toBe(2);
    expect(filesOf(labs.path)).toEqual(before);
  });
});
