/**
 * The table of contents of this lab: what is built, broken and measured. Each experiment is a file with its numbers,
 * its properties and its claims.
 *
 * Symbols: λ ratePerSecond, T timeoutMs, W windowMs, p errorThreshold, R resetMs.
 * Read next: src/contract.ts, src/variants/, then experiments/ in the order below.
 */
import { defineLab } from '@backend-labs/experiment';
import { brownout } from './experiments/brownout.ts';
import { cascade } from './experiments/cascade.ts';
import { clientErrors } from './experiments/client-errors.ts';
import { errors } from './experiments/errors.ts';
import { flapping } from './experiments/flapping.ts';
import { hang } from './experiments/hang.ts';
import { lowVolume } from './experiments/low-volume.ts';
import { metastable } from './experiments/metastable.ts';
import { nearThreshold } from './experiments/near-threshold.ts';
import { probeCost } from './experiments/probe-cost.ts';
import { replicas } from './experiments/replicas.ts';
import { oneShardDown, oneShardDownHighThreshold } from './experiments/shards.ts';
import { slow } from './experiments/slow.ts';
import { condition } from './experiments/stand.ts';

export default defineLab({
  name: 'circuit-breaker',
  question: 'What does a breaker buy when a dependency fails, and when does it make things worse?',
  needs: {},
  variants: {
    none: { file: 'src/variants/none.ts', summary: 'call and wait' },
    timeout: { file: 'src/variants/timeout.ts', summary: 'give up after T' },
    retry: { file: 'src/variants/retry.ts', summary: 'naive: three more times, at once' },
    'retry-budget': { file: 'src/variants/retry-budget.ts', summary: 'retries with jitter, for 10 % of the requests' },
    breaker: { file: 'src/variants/breaker.ts', summary: 'opossum: timeout, breaker, fallback' },
    'breaker-unfiltered': { file: 'src/variants/breaker-unfiltered.ts', summary: 'counts client errors as failures' },
    'breaker-any-volume': { file: 'src/variants/breaker-any-volume.ts', summary: 'volumeThreshold 0, the default' },
    'breaker-per-shard': { file: 'src/variants/breaker-per-shard.ts', summary: 'a breaker for each shard' },
    'breaker-bulkhead': { file: 'src/variants/breaker-bulkhead.ts', summary: 'a bulkhead before the breaker' },
    'breaker-bulkhead-counted': {
      file: 'src/variants/breaker-bulkhead-counted.ts',
      summary: 'a bulkhead inside, its rejections count as failures',
    },
    adaptive: { file: 'src/variants/adaptive.ts', summary: 'turns away by chance, no states (SRE book)' },
  },
  faults: {
    hang: condition(({ hangMs }) => ({ hangMs }), { hangMs: 0 }),
    slow: condition(({ slowMs }) => ({ hangMs: slowMs }), { hangMs: 0 }),
    errors: condition(({ errorShare }) => ({ errorShare }), { errorShare: 0 }),
    fewErrors: condition(({ lowShare }) => ({ errorShare: lowShare }), { errorShare: 0 }),
    blip: condition(() => ({ failNext: 1 }), { failNext: 0 }),
    shardDown: condition(({ failingShard }) => ({ failingShard }), { failingShard: -1 }),
    delisted: condition(({ delistedInTen }) => ({ delistedInTen }), { delistedInTen: 0 }),
    stall: condition(() => ({ stalled: true }), { stalled: false }),
  },
  experiments: {
    hang,
    cascade,
    errors,
    brownout,
    'near-threshold': nearThreshold,
    slow,
    flapping,
    'client-errors': clientErrors,
    'one-shard-down': oneShardDown,
    'one-shard-down-p50': oneShardDownHighThreshold,
    'low-volume': lowVolume,
    metastable,
    replicas,
    'probe-cost': probeCost,
  },
  // The headline, the counter-example, the catastrophe.
  runByDefault: ['hang', 'brownout', 'metastable'],
  headlineClaim: 'breaker-opens-on-schedule',
});
