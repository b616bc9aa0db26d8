const seconds = (count) => count * 1000;

/**
 * What is refused is asked for again as what fails: an address may be too old, and the next one isn't. hls.js alone would
 * leave the rung for it.
 */
const shouldRetry = ({ maxNumRetry }, count, _isTimeout, response, wants) => wants || (response?.code === 403 && count < maxNumRetry);

/** Retries with growing pauses. */
const patient = (firstByteSeconds) => ({
  default: {
    maxTimeToFirstByteMs: seconds(firstByteSeconds),
    maxLoadTimeMs: seconds(60),
    timeoutRetry: { maxNumRetry: 3, retryDelayMs: 0, maxRetryDelayMs: 0 },
    errorRetry: { maxNumRetry: 6, retryDelayMs: 500, maxRetryDelayMs: seconds(8), backoff: 'exponential', shouldRetry },
  },
});

export const config = {
  // The first frame counts: the lowest rung first, upwards from the second segment on.
  startLevel: 0,
  testBandwidth: false,
  startFragPrefetch: true,
  // A film that still grows starts at its beginning, not at its edge.
  startPosition: 0,
  liveDurationInfinity: false,
  lowLatencyMode: false,
  enableWorker: false,
  capLevelToPlayerSize: true,
  // `maxBufferLength` is a floor; the other two are the caps.
  maxBufferLength: 30,
  maxMaxBufferLength: 60,
  maxBufferSize: 40_000_000,
  backBufferLength: 60,
  enableCEA708Captions: false,
  enableIMSC1: false,
  manifestLoadPolicy: patient(15),
  // The server holds a blocking reload for up to 20 s.
  playlistLoadPolicy: patient(30),
  fragLoadPolicy: patient(15),
};
