import { webcrypto } from 'node:crypto'

// Browsers have it, and so has Node.js, but for 18.
globalThis.crypto ??= webcrypto as Crypto
