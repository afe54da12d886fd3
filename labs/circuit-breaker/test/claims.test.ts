import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import lab from '../lab.ts';

test('every claim has a mutant, and every mutant a claim', () => {
  const claims = Object.values(lab.experiments).flatMap((experiment) => experiment.claims.map(({ id }) => `${id}.ts`));
  expect(readdirSync(new URL('./mutants', import.meta.url)).sort()).toEqual(claims.sort());
});

test.each(Object.entries(lab.experiments))('the parameters of %s meet what its claims need', (_name, experiment) => {
  for (const profile of [experiment.parameters, { ...experiment.parameters, ...experiment.quick }]) {
    const {
      ratePerSecond = 0,
      windowMs = 0,
      hangMs = 0,
      hangAtMs = 0,
      healAtMs = 0,
    } = profile as Record<string, number>;
    expect((ratePerSecond * windowMs) / 1000).toBeGreaterThanOrEqual(100); // fewer calls a window: opening is luck
    expect(hangAtMs).toBeGreaterThan(windowMs); // the window is full before the fault
    expect(healAtMs - hangAtMs).toBeGreaterThanOrEqual(3 * hangMs); // what is in flight settles
  }
});
