import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { plotFileName, renderPlots } from '../plot/index.ts';
import { madeUpExperiment, madeUpResult, madeUpVariant } from './made-up-result.ts';

const PLOTS = [
  { series: 'gateway.http.inFlight', title: 'In flight at the gateway', unit: 'requests' },
  { series: 'gateway.open', title: 'Open', unit: 'state' },
];
const drawing = (over: Parameters<typeof madeUpExperiment>[0] = {}) =>
  madeUpResult({ experiments: [madeUpExperiment({ plots: PLOTS, ...over })] });
const hashOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

describe('charts', () => {
  it('are the same bytes each time, in this process and in another', async () => {
    const first = await renderPlots(drawing());
    const [second, third] = await Promise.all([renderPlots(drawing()), renderPlots(drawing())]);
    expect(Object.keys(first)).toEqual(['hang-gateway-http-inFlight.svg', 'hang-gateway-open.svg']);
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    const script = `
      import { createHash } from 'node:crypto';
      import { renderPlots } from ${JSON.stringify(path.join(import.meta.dirname, '../plot/index.ts'))};
      const plots = await renderPlots(JSON.parse(process.env.RESULT));
      process.stdout.write(createHash('sha256').update(JSON.stringify(plots)).digest('hex'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
      env: { ...process.env, RESULT: JSON.stringify(drawing()), TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' },
    });
    expect(stdout).toBe(hashOf(first));
  });

  it('change when a number changes', async () => {
    const other = drawing({
      variants: [
        madeUpVariant('none'),
        madeUpVariant('timeout', { series: { bucketMs: 250, values: { 'gateway.open': [0, 1, 0, 1] } } }),
      ],
    });
    expect(hashOf(await renderPlots(other))).not.toBe(hashOf(await renderPlots(drawing())));
  });

  it('name themselves, each variant, each fault, the unit and the seconds', async () => {
    const svg = (await renderPlots(drawing()))['hang-gateway-http-inFlight.svg'] ?? '';
    expect(svg).toMatch(/^<svg role="img" aria-labelledby="([^"]+)"[^>]*><title id="\1">In flight at the gateway/);
    for (const text of [
      '>none<',
      '>timeout<',
      '>dependency hangs<',
      '>requests<',
      ">seconds after the load's start<",
    ]) {
      expect(svg).toContain(text);
    }
  });

  it('do not share an id, since several stand in one page', async () => {
    const plots = Object.values(await renderPlots(drawing()));
    const ids = plots.flatMap((svg) => [...svg.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]));
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    for (const svg of plots) {
      for (const [, id] of svg.matchAll(/url\(#([^)]+)\)/g)) expect(svg).toContain(` id="${id}"`);
    }
  });

  it('draw the first repeat only', async () => {
    const variants = [madeUpVariant('none'), madeUpVariant('timeout')];
    const again = madeUpVariant('none', {
      repeat: 2,
      series: { bucketMs: 250, values: { 'gateway.open': [9, 9, 9] } },
    });
    expect(await renderPlots(drawing({ variants: [...variants, again] }))).toEqual(
      await renderPlots(drawing({ variants })),
    );
  });

  it('break the line where nothing was measured', async () => {
    const svg = async (values: (number | null)[]) => {
      const series = { bucketMs: 250, values: { 'gateway.open': values } };
      const result = drawing({ variants: [madeUpVariant('none', { series })] });
      return (await renderPlots(result))['hang-gateway-open.svg'] ?? '';
    };
    const lines = (text: string) => /<path d="([^"]*)" stroke="#0072b2"/.exec(text)?.[1];
    const strokes = (text: string) => lines(text)?.match(/M/g)?.length;
    expect(strokes(await svg([1, 1, 1, 1, 1]))).toBe(1);
    expect(strokes(await svg([1, 1, null, 1, 1]))).toBe(2);
  });

  it('are left out for a series that no variant measured', async () => {
    const plots = [{ series: 'nobody.measured', title: 'T', unit: 'u' }];
    expect(await renderPlots(drawing({ plots }))).toEqual({});
  });

  it('of two series with one file name are refused', async () => {
    const series = { bucketMs: 250, values: { 'a.b': [1, 2], 'a b': [1, 2] } };
    const plots = ['a.b', 'a b'].map((name) => ({ series: name, title: 'T', unit: 'u' }));
    expect(plotFileName('hang', 'a.b')).toBe(plotFileName('hang', 'a b'));
    await expect(renderPlots(drawing({ plots, variants: [madeUpVariant('none', { series })] }))).rejects.toThrow(
      'hang-a-b.svg',
    );
  });

  it('escape what a lab wrote', async () => {
    const plots = [{ series: 'gateway.open', title: '<script>alert(1)</script> $& ', unit: '"&' }];
    const svg = (await renderPlots(drawing({ plots })))['hang-gateway-open.svg'] ?? '';
    expect(svg).not.toContain('<script');
    expect(svg).toContain('&lt;script&gt;alert(1)&lt;/script&gt; $&amp;');
  });
});
