import { describe, expect, it } from 'vitest';
import { seriesOf } from '../series.ts';
import { dependency, gateway, madeUp } from './made-up.ts';

describe('the series of a result', () => {
  it('hold the load’s outcomes that occurred, and latency in four digits', () => {
    expect(seriesOf(madeUp(), [])).toEqual({
      bucketMs: 250,
      values: {
        'load.ok': [20, 25, 25, 25, 5],
        'load.p50': [50, 50, 50, 50, null],
        'load.p99': [50, 50, 50, 50.12, null],
      },
    });
  });

  it('hold an outcome as soon as it occurred once', () => {
    const run = madeUp(({ load }) => {
      load.series.outcomes.timeout[3] = 1;
    });
    expect(seriesOf(run, []).values['load.timeout']).toEqual([0, 0, 0, 1, 0]);
  });

  it('hold the mean of a wanted gauge in each bucket, and null where it was not sampled', () => {
    const run = madeUp((observation) => {
      gateway(observation).gauges.open = { atMs: [0, 125, 250, 500], value: [2, 4, 6, 1] };
    });
    expect(seriesOf(run, ['gateway.open']).values['gateway.open']).toEqual([3, 6, 1, null, null]);
  });

  it('hold how often a wanted event occurred in each bucket', () => {
    const run = madeUp((observation) => {
      dependency(observation).events['work.started'] = [0, 249.9, 250, 1000];
    });
    const { values } = seriesOf(run, ['dependency.work.started']);
    expect(values['dependency.work.started']).toEqual([2, 1, 0, 0, 1]);
  });

  it('hold how often an event occurred whose records are kept, and the mean of a number that they say', () => {
    const run = madeUp((observation) => {
      dependency(observation).records['work.looked'] = [
        { atMs: 0, said: { rows: 2, state: 'kept' } },
        { atMs: 249.9, said: { rows: 4, state: 'kept' } },
        { atMs: 250, said: { rows: null, state: 'kept' } },
        { atMs: 1000, said: { rows: 7, state: 'lost' } },
      ];
    });
    const wanted = ['dependency.work.looked', 'dependency.work.looked.rows', 'dependency.work.looked.state'];
    const { values } = seriesOf(run, wanted);
    expect(wanted.map((name) => values[name])).toEqual([
      [2, 1, 0, 0, 1],
      [3, null, null, null, 7],
      [null, null, null, null, null],
    ]);
  });

  it('hold how many records of a witness fall into each bucket', () => {
    const run = madeUp((observation) => {
      observation.witnesses.published = [{ atMs: -5 }, { atMs: 10 }, { atMs: 20 }, { atMs: 800 }, { atMs: 99_999 }];
    });
    expect(seriesOf(run, ['witness.published']).values['witness.published']).toEqual([2, 0, 0, 1, 0]);
  });

  it('leave out what this run does not have', () => {
    const { values } = seriesOf(madeUp(), ['gateway.nothing', 'nobody.open', 'witness.nobody', 'gateway.nothing.rows']);
    expect(Object.keys(values).filter((name) => !name.startsWith('load.'))).toEqual([]);
  });

  it('leave out a gauge that nobody wanted', () => {
    expect(seriesOf(madeUp(), []).values['gateway.http.inFlight']).toBeUndefined();
  });
});
