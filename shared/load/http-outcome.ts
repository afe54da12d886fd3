/**
 * How an HTTP operation ended, from what the client saw.
 *
 * Invariant: `lost` means that the client cannot know whether the system did it: the request left, no answer came.
 * Pure.
 */
import { OUTCOME_INDEX } from './columns.ts';

export interface Ending {
  outcomeIndex: number;
  /** Status or error code, null for ok. */
  reason: string | null;
}

const OK: Ending = { outcomeIndex: OUTCOME_INDEX.ok, reason: null };

/**
 * `x-outcome: degraded | rejected` overrides the status, since only the service knows that its 200 is a fallback's.
 * Refused for now is 429, or 503 with Retry-After: the service is alive and says no.
 */
export function outcomeOfAnswer(status: number, announced: unknown, retryAfter: unknown): Ending {
  if (announced === 'degraded') return { outcomeIndex: OUTCOME_INDEX.degraded, reason: `${status} degraded` };
  if (announced === 'rejected') return { outcomeIndex: OUTCOME_INDEX.rejected, reason: `${status} rejected` };
  if (status >= 200 && status < 400) return OK;
  const isRefusal = status === 429 || (status === 503 && retryAfter !== undefined);
  return { outcomeIndex: isRefusal ? OUTCOME_INDEX.rejected : OUTCOME_INDEX.failed, reason: String(status) };
}

/** `isSent`: the request was given to the socket. `status`: of an answer that had begun, else 0. */
export function outcomeOfError(error: Error, isSent: boolean, status: number): Ending {
  const code = codeOf(error);
  if (!isSent) return { outcomeIndex: OUTCOME_INDEX.failed, reason: code };
  if (status !== 0) return { outcomeIndex: OUTCOME_INDEX.failed, reason: `${status} cut short` };
  // An answer that is not HTTP is an answer. undici 8 leaves out the code of its parser's errors.
  const isAnswered = ['HTTPParserError', 'UND_ERR_HEADERS_OVERFLOW'].includes(code) || code.startsWith('HPE_');
  return { outcomeIndex: isAnswered ? OUTCOME_INDEX.failed : OUTCOME_INDEX.lost, reason: code };
}

/** An error's code, or its name where it has none. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return typeof name === 'string' && name !== '' ? name : String(error);
}
