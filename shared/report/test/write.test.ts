import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parseResult, type Result } from '@backend-labs/experiment/result';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineOfProblem, serialiseResult } from '../serialise.ts';
import { writeReport } from '../write.ts';
import { madeUpResult } from './made-up-result.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'report-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a written report', () => {
  it('is a JSON that reads back as the same result, and a page', async () => {
    const into = path.join(folder, 'made', 'as needed');
    const { json, html } = await writeReport(madeUpResult(), into);
    expect(parseResult(await readFile(json, 'utf8'), json)).toEqual(madeUpResult());
    expect(await readFile(html, 'utf8')).toMatch(/^<!doctype html>/);
    expect((await readdir(into)).sort()).toEqual(['report.html', 'result.json']);
  });

  it('leaves the earlier one intact when there is no space, in one sentence', async () => {
    await writeReport(madeUpResult(), folder);
    const before = await Promise.all(
      ['result.json', 'report.html'].map((name) => readFile(path.join(folder, name), 'utf8')),
    );
    const script = `
      import { writeReport } from ${JSON.stringify(path.join(import.meta.dirname, '../write.ts'))};
      import { madeUpResult } from ${JSON.stringify(path.join(import.meta.dirname, 'made-up-result.ts'))};
      try { await writeReport(madeUpResult({ lab: 'later' }), process.argv[1]); }
      catch (error) { process.stdout.write(JSON.stringify({ name: error.name, message: error.message })); }`;
    // Blocks of 512 bytes or of 1 KiB, by shell: less than either file needs.
    const { stdout } = await promisify(execFile)('sh', [
      '-c',
      'ulimit -f 2; exec "$0" --input-type=module --eval "$1" "$2"',
      process.execPath,
      script,
      folder,
    ]);
    const { name, message } = JSON.parse(stdout) as { name: string; message: string };
    expect(name).toBe('ReportWriteError');
    expect(message).toContain(folder);
    expect(message).toContain('ulimit -f');
    expect(message).not.toContain('\n');
    const after = await Promise.all(
      ['result.json', 'report.html'].map((name) => readFile(path.join(folder, name), 'utf8')),
    );
    expect(after).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(['report.html', 'result.json']);
  });

  it('says so when a part of the path is a file', async () => {
    const file = path.join(folder, 'file');
    await writeFile(file, '');
    await expect(writeReport(madeUpResult(), path.join(file, 'below'))).rejects.toThrow('is a file, not a folder');
  });

  it('keeps the earlier JSON when the page can’t be put in its place', async () => {
    await mkdir(path.join(folder, 'report.html'));
    await expect(writeReport(madeUpResult(), folder)).rejects.toThrow(/Could not write to/);
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('the text of a result', () => {
  it('is short enough to review: a series stands on one line', () => {
    const text = serialiseResult(madeUpResult());
    expect(text).toMatch(/"gateway\.open": \[1, 1, .*1\],?\n/);
    expect(JSON.parse(text)).toEqual(madeUpResult());
  });

  it('leads from a problem back to its line', () => {
    const text = serialiseResult(madeUpResult());
    const lines = text.split('\n');
    const lineWith = (part: string) => lines[lineOfProblem(text, part) - 1];
    expect(lineWith('seed: expected a number')).toBe('  "seed": 1,');
    expect(lineWith('sources.dirty: x')).toContain('"dirty"');
    expect(lineWith('experiments.0.variants.1.operations.ok: x')).toContain('"ok": 1000');
    const claim = lineOfProblem(text, 'experiments.hang.claims.never-double: edited');
    expect(lines[claim]).toContain('"id": "never-double"');
    const variant = lineOfProblem(text, 'experiments.hang.variants.timeout#1: edited');
    expect(lines[variant]).toContain('"name": "timeout"');
    expect(lineOfProblem(text, 'run: edited')).toBe(1);
  });

  it('that is cut short leads to its end', () => {
    const text = serialiseResult(madeUpResult()).split('\n').slice(0, 20).join('\n');
    let said = '';
    try {
      parseResult(text, 'x');
    } catch (error) {
      said = (error as { problems: string[] }).problems[0] ?? '';
    }
    expect(lineOfProblem(text, said)).toBe(20);
  });

  it('keeps every kind of value', () => {
    const odd = { a: [], b: {}, c: [null, 1.5], d: ['x'], e: null, f: [[1], [2]] } as unknown as Result;
    expect(JSON.parse(serialiseResult(odd))).toEqual(odd);
  });
});
