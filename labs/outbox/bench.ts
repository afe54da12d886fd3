/**
 * `./lab bench outbox`: how fast is a relay, how late is an event, and what does the shop pay for it?
 *
 * Throughput is a closed loop: how much goes through, and not what anybody would wait. Latency is measured at a rate
 * that no variant finds hard. Peers run in the same minutes on the same servers; no figure is compared with one from
 * elsewhere. Read next: bench/throughput.ts, bench/latency.ts, bench/write-path.ts, bench/growth.ts.
 */
import type { BenchContext, BenchReport } from '@backend-labs/load';
import { benchGrowth } from './bench/growth.ts';
import { benchLatency, benchPollCurve } from './bench/latency.ts';
import { planOf } from './bench/plan.ts';
import { openStand } from './bench/stand.ts';
import { benchThroughput } from './bench/throughput.ts';
import { benchWritePath } from './bench/write-path.ts';

export default async function benchOutbox(context: BenchContext): Promise<BenchReport> {
  const plan = planOf(context);
  await using stand = await openStand(context);
  const [throughput, besidePeer] = await benchThroughput(stand, plan, context);
  const [growth, flat] = await benchGrowth(stand, plan, context);
  const [writePath, notify] = await benchWritePath(stand, plan, context);
  const latency = await benchLatency(stand, plan, context);
  const pollCurve = await benchPollCurve(stand, plan, context);
  return {
    name: 'outbox',
    tables: [throughput, latency, pollCurve, writePath, growth],
    parts: [...besidePeer, ...notify, ...flat],
  };
}
