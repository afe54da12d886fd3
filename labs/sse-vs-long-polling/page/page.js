/**
 * The lab's page: some EventSources of one feed, and what came over each of them.
 *
 *   ?feed=URL      the event stream
 *   &streams=N     so many of them; 1 if left out
 *
 * Nothing here connects again. An EventSource does that by itself: it waits for as long as the stream's `retry:` says,
 * and sends the last `id:` back. With a feed that has a history for these ids (sse-resume) nothing else is needed: what
 * was missed comes first, or `history-lost` says that it does not. What it does not come back from is an answer other
 * than 200: then the table says "given up", and a page in production would have to make a new EventSource.
 */

/** What a person can read; each stream is a connection. */
const MOST_STREAMS = 100;
const ARRIVALS_SHOWN = 20;
const SHOW_EVERY_MS = 250;
/** By EventSource's readyState. */
const STATES = ['connecting', 'open', 'given up'];

const byId = (id) => document.getElementById(id);

/** What was asked for, or what is wrong with it, in words. */
function parametersOf(search) {
  const asked = new URLSearchParams(search);
  const usage = `Open this page with the address of an event stream, for example
    ?feed=http://127.0.0.1:PORT/events&streams=2
    GET /control/address of the lab's link, or of its feed, says the port.`;
  const given = asked.get('feed') ?? '';
  if (given === '') return { problem: `There is no feed. ${usage}` };
  const feed = URL.parse(given);
  if (feed === null || !/^https?:$/.test(feed.protocol)) {
    return { problem: `"${given}" is not the address of a feed: it begins with http:// or https://. ${usage}` };
  }
  const streams = asked.get('streams') ?? '1';
  const count = Number(streams);
  if (!/^\d+$/.test(streams) || count < 1 || count > MOST_STREAMS) {
    return { problem: `streams must be a whole number from 1 to ${MOST_STREAMS}, received "${streams}". ${usage}` };
  }
  return { feed: feed.href, count };
}

/** Whoever opened the page may want to know at once; by hand nobody is there. */
const tell = (row) => globalThis.tellArrival?.(JSON.stringify(row));

const arrivals = [];

/** Opens a stream; returns what there is to show of it. */
function open(feed, stream) {
  const source = new EventSource(feed);
  const seen = { source, opened: 0, messages: 0, skipped: 0, told: 0, lastId: null };
  source.addEventListener('open', () => {
    seen.opened += 1;
  });
  source.addEventListener('message', ({ data }) => {
    const { id, text } = JSON.parse(data);
    tell([stream, id]);
    seen.messages += 1;
    // Ids of this lab follow each other. Only a page that knows that can see a hole; an EventSource cannot.
    if (seen.lastId !== null && id > seen.lastId) seen.skipped += id - seen.lastId - 1;
    seen.lastId = id;
    arrivals.unshift([new Date().toISOString().slice(11, 23), stream, id, text]);
    arrivals.length = Math.min(arrivals.length, ARRIVALS_SHOWN);
  });
  source.addEventListener('history-lost', () => {
    tell([stream, 'history-lost']);
    seen.told += 1;
  });
  return seen;
}

/** As text, never as HTML: what is published is anybody's. */
function rowOf(values) {
  const row = document.createElement('tr');
  row.append(
    ...values.map((value) => {
      const cell = document.createElement('td');
      cell.textContent = String(value);
      return cell;
    }),
  );
  return row;
}

function show(streams) {
  byId('streams').replaceChildren(
    ...streams.map(({ source, opened, messages, skipped, told }, stream) =>
      rowOf([stream, STATES[source.readyState], opened, messages, skipped, told]),
    ),
  );
  byId('arrivals').replaceChildren(...arrivals.map(rowOf));
}

const { problem, feed, count } = parametersOf(location.search);
if (problem === undefined) {
  byId('about').textContent = `${count} EventSource${count === 1 ? '' : 's'} of ${feed}`;
  for (const table of document.querySelectorAll('table')) table.hidden = false;
  const streams = Array.from({ length: count }, (_, stream) => open(feed, stream));
  // Not at each message: what is shown is for a person, and a browser under load has better to do.
  setInterval(() => show(streams), SHOW_EVERY_MS);
  show(streams);
} else {
  byId('problem').textContent = problem;
  byId('problem').hidden = false;
}
