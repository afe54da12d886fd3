/**
 * `./lab bench load`: is the generator right, and does it cost little?
 *
 * Three parts, each against something that is not ours: a server's own clock, arithmetic, and k6. Runs of ours and of
 * k6 alternate, so that a disturbance of the machine meets both.
 * Read next: bench/holding.ts, bench/freezing.ts, bench/efficiency.ts.
 */
import type { BenchContext, BenchReport } from './bench/contract.ts';
import { benchEfficiency } from './bench/efficiency.ts';
import { benchFreezing } from './bench/freezing.ts';
import { benchHolding } from './bench/holding.ts';
import { findK6 } from './bench/k6.ts';

export default async function benchLoad(context: BenchContext): Promise<BenchReport> {
  const found = await findK6(context);
  const k6 = 'file' in found ? found : null;
  context.log(k6 === null ? `without k6: ${'missing' in found ? found.missing : ''}` : `peer: ${k6.version}`);
  const measured = [
    await benchHolding(context, k6),
    await benchFreezing(context),
    await benchEfficiency(context, k6),
  ] as const;
  return {
    name: 'load',
    tables: measured.map(([table]) => table),
    parts: measured.map(([, part]) => ({
      ...part,
      detail: k6 === null && 'missing' in found ? `${part.detail} (${found.missing})` : part.detail,
    })),
  };
}
