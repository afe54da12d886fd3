import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import lab from '../lab.ts';

const experiments = Object.entries(lab.experiments);

/** What the parameters of a profile are, whatever the experiment; NaN for those that it does not have. */
function profilesOf(name: string) {
  const experiment = lab.experiments[name];
  return [experiment?.parameters, { ...experiment?.parameters, ...experiment?.quick }].map(
    (profile) => (key: string) => (profile as Record<string, number>)[key] ?? Number.NaN,
  );
}

test('every claim has a mutant, and every mutant a claim', () => {
  const claims = experiments.flatMap(([, experiment]) => experiment.claims.map(({ id }) => `${id}.ts`));
  expect(readdirSync(new URL('./mutants', import.meta.url)).sort()).toEqual(claims.sort());
});

test('every variant has a claim', () => {
  const claimed = new Set(experiments.flatMap(([, experiment]) => experiment.claims.map(({ variant }) => variant)));
  expect([...claimed].sort()).toEqual(Object.keys(lab.variants).sort());
});

test('without a choice at most ten variants are run', () => {
  const runs = (lab.runByDefault ?? []).flatMap((name) => {
    const claims = lab.experiments[name]?.claims ?? [];
    return [...new Set(claims.flatMap(({ variant, control }) => [variant, control]))];
  });
  expect(runs.length).toBeLessThanOrEqual(10);
});

test.each(['hang', 'errors', 'brownout'])('in %s a window holds enough calls, and is full before the fault', (name) => {
  for (const get of profilesOf(name)) {
    expect((get('ratePerSecond') * get('windowMs')) / 1000).toBeGreaterThanOrEqual(100);
    expect(name === 'hang' ? get('hangAtMs') : get('failAtMs')).toBeGreaterThan(get('windowMs'));
  }
});

test.each(['hang', 'cascade'])('in %s the fault lasts until what is in flight has settled', (name) => {
  for (const get of profilesOf(name)) {
    expect(get('healAtMs') - get('hangAtMs')).toBeGreaterThanOrEqual(3 * get('hangMs'));
  }
});

test('in cascade the limit lies between what a timeout and what no timeout lets the gateway hold', () => {
  for (const get of profilesOf('cascade')) {
    const held = (durationMs: number) => ((get('ratePerSecond') + get('cataloguePerSecond')) * durationMs) / 1000;
    expect(get('maxRequests')).toBeGreaterThan(held(get('timeoutMs') + get('serviceMs')));
    expect(get('maxRequests')).toBeLessThan(held(get('hangMs')) / 1.5);
  }
});

test('in metastable a budget stays well below the capacity and naive retries well above', () => {
  for (const get of profilesOf('metastable')) {
    const load = (get('ratePerSecond') * get('serviceMs')) / 1000 / get('workers');
    expect((1 + get('budgetShare')) * load).toBeLessThanOrEqual(0.7);
    expect((1 + get('retries')) * load).toBeGreaterThanOrEqual(1.5);
  }
});

test.each(['brownout', 'one-shard-down'])('in %s the window forgets all failures while the breaker is open', (name) => {
  for (const get of profilesOf(name)) expect(get('resetMs')).toBeGreaterThanOrEqual(get('windowMs'));
});

test.each(['near-threshold', 'one-shard-down', 'one-shard-down-p50', 'probe-cost'])(
  'in %s the window of a single shard holds more calls than the volume threshold',
  (name) => {
    for (const get of profilesOf(name)) {
      expect(((get('ratePerSecond') / get('shards')) * get('windowMs')) / 1000).toBeGreaterThan(10);
    }
  },
);
