/** Listens nowhere and stays, also when it is asked to end. */
process.on('SIGTERM', () => {});
setInterval(() => {}, 60_000);
