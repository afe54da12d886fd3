import { describe, expect, it } from 'vitest';
import { formatBytes, formatDuration, formatNumber, formatPercent, formatSpread, spreadOf } from '../numbers.ts';

describe('numbers for people', () => {
  it('keep integers whole, and three digits of others', () => {
    const cases: [number, string][] = [
      [0, '0'],
      [1200, '1,200'],
      [1234567, '1,234,567'],
      [-1234, '−1,234'],
      [12.345, '12.3'],
      [1987.6, '1,988'],
      [0.012345, '0.0123'],
      [0.0000001234, '0.000000123'],
      [99.96, '100'],
      [Number.NaN, 'NaN'],
    ];
    for (const [value, text] of cases) expect(formatNumber(value)).toBe(text);
  });

  it('never round something possible down to nothing', () => {
    expect(formatPercent(0.0000003)).not.toBe('0 %');
    expect(formatPercent(0.05)).toBe('5 %');
  });

  it('carry their unit', () => {
    expect(formatDuration(850)).toBe('850 ms');
    expect(formatDuration(24_300)).toBe('24.3 s');
    expect(formatDuration(250_000)).toBe('4 min 10 s');
    expect(formatBytes(8 * 2 ** 30)).toBe('8 GiB');
    expect(formatBytes(2 ** 29)).toBe('512 MiB');
  });

  it('of repeats are a median and a range, which is left out when they agree', () => {
    expect(spreadOf([3, 1, 2, 10])).toEqual({ min: 1, median: 2.5, max: 10 });
    expect(formatSpread(spreadOf([3, 1, 2]))).toBe('2 (1–3)');
    expect(formatSpread(spreadOf([3, 3]))).toBe('3');
  });
});
