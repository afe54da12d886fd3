/** A service that ends before it listens. */
console.log('opening the ledger');
console.error('the ledger is written in a language that nobody reads');
process.exit(7);
