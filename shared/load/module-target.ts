/**
 * Operations given as a module: a lock, a query, a publish, anything with a client of its own.
 *
 * Invariant: each run has a signal that fires when the client gives it up; what the module does after that is ignored,
 * so a run that never settles is a timeout all the same. Read next: plan.ts (OperationFactory).
 */
import { pathToFileURL } from 'node:url';
import { OUTCOME_INDEX } from './columns.ts';
import { codeOf } from './http-outcome.ts';
import type { ModuleOperation, Operation, OperationFactory, Outcome } from './plan.ts';
import type { OperationTarget, Settle } from './target.ts';

/** Loads the module and opens its operation. Rejects if it has no default function or its factory throws. */
export async function openModuleTarget({ file, target }: ModuleOperation, settle: Settle): Promise<OperationTarget> {
  const { default: factory } = (await import(pathToFileURL(file).href)) as { default?: OperationFactory };
  if (typeof factory !== 'function') throw new TypeError(`${file} has no default export that is a function`);
  return new ModuleTarget(await factory(target), settle);
}

class ModuleTarget implements OperationTarget {
  readonly #operation: Operation;
  readonly #settle: Settle;
  readonly #inFlight = new Map<number, AbortController>();

  constructor(operation: Operation, settle: Settle) {
    this.#operation = operation;
    this.#settle = settle;
  }

  send(row: number): void {
    const controller = new AbortController();
    this.#inFlight.set(row, controller);
    void this.#run(row, controller.signal);
  }

  async #run(id: number, signal: AbortSignal): Promise<void> {
    try {
      this.#end(id, await this.#operation.run({ id, signal }), null);
    } catch (error) {
      this.#end(id, 'failed', codeOf(error));
    }
  }

  #end(row: number, outcome: Outcome, reason: string | null): void {
    if (!this.#inFlight.delete(row)) return;
    const outcomeIndex = OUTCOME_INDEX[outcome];
    if (outcomeIndex === undefined) {
      this.#settle(row, OUTCOME_INDEX.failed, `run resolved to ${JSON.stringify(outcome)}, which is no outcome`);
    } else {
      this.#settle(row, outcomeIndex, reason ?? (outcome === 'ok' ? null : outcome));
    }
  }

  giveUp(row: number): void {
    const controller = this.#inFlight.get(row);
    this.#inFlight.delete(row);
    controller?.abort();
  }

  async close(): Promise<void> {
    for (const row of [...this.#inFlight.keys()]) this.giveUp(row);
    await this.#operation.close();
  }
}
