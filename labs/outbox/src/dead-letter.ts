/**
 * An event that Kafka refuses goes to a table with its error, and its neighbours go on.
 *
 * Invariant: each event is published or is a dead letter when this resolves; when it rejects, nothing is known, and all
 * of them come again. Read next: variants/skip-locked.ts (who publishes like this), variants/drain-delete.ts (who does not).
 */
import type { PoolClient } from 'pg';
import type { OrderPlaced, RelayContext } from './contract.ts';

/**
 * `client`: the relay's own transaction where it has one, so that the letter and the mark are one. A reader of the log has
 * none: if it dies between the letter and the acknowledgement there are two letters.
 */
export async function publishOrBury(
  events: readonly OrderPlaced[],
  { publish, isPoison }: Pick<RelayContext, 'publish' | 'isPoison'>,
  client: Pick<PoolClient, 'query'>,
): Promise<void> {
  try {
    await publish(events);
  } catch (error) {
    if (!isPoison(error)) throw error;
    const [only] = events;
    if (events.length > 1) {
      // Halves and not one by one: one poison event in a hundred costs fourteen sends, not a hundred. Some of its
      // neighbours may have arrived with the refused batch, and arrive twice.
      const middle = Math.ceil(events.length / 2);
      await publishOrBury(events.slice(0, middle), { publish, isPoison }, client);
      await publishOrBury(events.slice(middle), { publish, isPoison }, client);
    } else if (only !== undefined) {
      await client.query('INSERT INTO dead_letter (event, error) VALUES ($1, $2)', [
        JSON.stringify(only),
        (error as Error).message,
      ]);
    }
  }
}
