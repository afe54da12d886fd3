/**
 * What a person sees on stderr while a run goes on.
 *
 * On a terminal one line is rewritten in place; elsewhere (a log, CI) each event is a line of its own.
 */
import type { RunEvent } from '@backend-labs/experiment/engine';

export interface Progress {
  show(event: RunEvent): void;
  /** Clears the live line; call it before anything else is printed. */
  end(): void;
}

/** A progress display on a stream, live if it is a terminal. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const live = stream.isTTY === true && process.env.CI === undefined;
  let head = '';
  let fault = '';
  const line = (text: string) => stream.write(`${text}\n`);
  const clear = () => {
    if (live) stream.write('\r\u001b[2K');
  };
  return {
    show(event) {
      if (event.type === 'experiment') {
        clear();
        line(`${event.name}: ${event.question}`);
      } else if (event.type === 'variant') {
        const repeat = event.repeat > 1 ? `, repeat ${event.repeat}` : '';
        head = `  ${event.index + 1}/${event.runs} ${event.variant}${repeat}`;
        fault = '';
        if (live) stream.write(`${head}: starting its services …`);
        else line(`${head}: ${event.durationMs / 1000} s of load`);
      } else if (event.type === 'servers') {
        clear();
        line(`  ${event.line}`);
      } else if (event.type === 'fault') {
        const atMs = event.what === 'injected' ? event.entry.effectiveAtMs : event.entry.healedAtMs;
        fault = `${event.entry.fault} ${event.what} at ${((atMs ?? 0) / 1000).toFixed(1)} s`;
        if (!live) line(`      ${fault}`);
      } else if (event.type === 'progress' && live) {
        const { atMs, sent, intended, inFlight } = event.progress;
        clear();
        stream.write(
          `${head}: ${(atMs / 1000).toFixed(1)} s, ${sent} of ${intended} sent, ${inFlight} in flight${fault && ` · ${fault}`}`,
        );
      } else if (event.type === 'variant-ended') {
        clear();
        if (event.error !== null) line(`${head}: failed: ${event.error}`);
        else if (live) line(`${head}: measured`);
      } else if (event.type === 'kept') {
        clear();
        line(`Logs of this run: ${event.folder}`);
      }
    },
    end: clear,
  };
}
