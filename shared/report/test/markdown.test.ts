import { describe, expect, it } from 'vitest';
import { labsTable, renderMarkdown } from '../markdown/index.ts';
import { findSections, replaceSections } from '../markdown/sections.ts';
import { madeUpClaim, madeUpExperiment, madeUpResult } from './made-up-result.ts';

describe('the sections of a result', () => {
  it('state the prediction before what was measured, in the table and in a claim’s own section', () => {
    const sections = renderMarkdown(madeUpResult());
    for (const name of ['result', 'result hang', 'claim bounded']) {
      const text = sections[name] ?? '';
      expect(text.indexOf('λ·T = 30 calls'), name).toBeGreaterThan(-1);
      expect(text.lastIndexOf('31.3 calls'), name).toBeGreaterThan(text.indexOf('λ·T = 30 calls'));
    }
  });

  it('name the versions, the hardware, the day and the command', () => {
    const text = renderMarkdown(madeUpResult({ profile: 'quick', seed: 7 })).result ?? '';
    for (const said of ['node v26.0.0', '2 cores of Example CPU', '2026-01-31', './lab run demo --quick --seed 7']) {
      expect(text).toContain(said);
    }
    expect(text).toContain('![In flight at the gateway](results/hang-gateway-http-inFlight.svg)');
  });

  it('keep a table whole whatever a lab wrote', () => {
    const claim = madeUpClaim('a', { statement: 'a | b\n<!-- /generated --> *c* `x|y` <script>' });
    const text = renderMarkdown(madeUpResult({ experiments: [madeUpExperiment({ claims: [claim] })] })).result ?? '';
    const row = text.split('\n').find((line) => line.includes('a \\| b')) ?? '';
    expect(row.replace(/\\\|/g, '').split('|')).toHaveLength(7);
    expect(row).toContain('`x\\|y`');
    expect(text).not.toContain('<script');
    expect(text).not.toContain('<!--');
  });

  it('give each lab a row with its headline claim', () => {
    const text = labsTable([madeUpResult(), madeUpResult({ lab: 'other', headlineClaim: 'not-run' })]);
    expect(text).toContain('| [demo](labs/demo/) | Does a timeout bound the damage? | With a timeout, calls');
    expect(text).toContain('Measured: 31.3 calls. ✔ holds |');
    expect(text).toContain('not part of the reference run');
  });
});

describe('markers', () => {
  const open = '<!-- generated:result -->';
  const close = '<!-- /generated -->';

  it('enclose all that is replaced, and nothing outside them changes', () => {
    const text = `# A\n\n${open}\nold\n${close}\n\nkept\n`;
    const { sections, problems } = findSections(text, 'README.md');
    expect(problems).toEqual([]);
    const once = replaceSections(text, sections, { result: 'new\nlines' });
    expect(once).toBe(`# A\n\n${open}\n\nnew\nlines\n\n${close}\n\nkept\n`);
    expect(replaceSections(once, findSections(once, 'README.md').sections, { result: 'new\nlines' })).toBe(once);
  });

  it('keep a file’s line endings', () => {
    const text = `a\r\n${open}\r\n${close}\r\nb\r\n`;
    expect(replaceSections(text, findSections(text, 'f').sections, { result: 'x' })).toBe(
      `a\r\n${open}\r\n\r\nx\r\n\r\n${close}\r\nb\r\n`,
    );
  });

  it('of several sections each get their own content', () => {
    const text = `${open}\n${close}\n<!-- generated:claim a -->\n${close}\n`;
    const { sections } = findSections(text, 'f');
    const after = replaceSections(text, sections, { result: 'R\nR', 'claim a': 'C' });
    expect(after).toBe(`${open}\n\nR\nR\n\n${close}\n<!-- generated:claim a -->\n\nC\n\n${close}\n`);
  });

  it('that are not closed, close nothing or open inside another are named with their line', () => {
    expect(findSections(`x\n${open}\ny\n`, 'f').problems).toMatchObject([{ file: 'f', line: 2 }]);
    expect(findSections(`x\n${close}\n`, 'f').problems).toMatchObject([
      { line: 2, message: expect.stringContaining('closes no section') },
    ]);
    expect(findSections(`${open}\n${open}\n${close}\n`, 'f').problems).toMatchObject([{ line: 1 }]);
  });

  it('in a code block are text', () => {
    expect(findSections(`\`\`\`md\n${open}\n\`\`\`\n`, 'f')).toEqual({ sections: [], problems: [] });
  });

  it('around a section that holds a code block still close', () => {
    const text = `${open}\n\n\`\`\`sh\n./lab run demo\n\`\`\`\n\n${close}\n`;
    expect(findSections(text, 'f')).toEqual({ sections: [{ name: 'result', line: 1, endLine: 7 }], problems: [] });
  });
});
