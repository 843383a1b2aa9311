// What is left to a program of the names that a worker has: the language's own, and clocks.
//
// A worker has no page to touch, but it has the network, the storage and the caches of the site's address. A program
// that came with a link could write into them, and be there at the next visit. So everything goes but what is named here.
// No program can get at it again: the page's policy, which this worker has too, forbids eval() and new Function().

const LANGUAGE = `
  AggregateError Array ArrayBuffer Atomics BigInt BigInt64Array BigUint64Array Boolean DataView Date Error EvalError
  FinalizationRegistry Float16Array Float32Array Float64Array Function Infinity Int16Array Int32Array Int8Array Intl
  Iterator JSON Map Math NaN Number Object Promise Proxy RangeError ReferenceError Reflect RegExp Set String
  SuppressedError Symbol SyntaxError Temporal TypeError URIError Uint16Array Uint32Array Uint8Array Uint8ClampedArray
  WeakMap WeakRef WeakSet WebAssembly decodeURI decodeURIComponent encodeURI encodeURIComponent escape eval globalThis
  isFinite isNaN parseFloat parseInt undefined unescape constructor`;
const NEEDED = `
  AbortController AbortSignal DOMException Event EventTarget MessageChannel MessagePort TextDecoder TextEncoder URL
  clearInterval clearTimeout console crypto performance queueMicrotask self setInterval setTimeout structuredClone`;

const KEPT = new Set(`${LANGUAGE} ${NEEDED}`.split(/\s+/));

/** Take every other name away. */
export function confine() {
  for (let scope = self; scope !== Object.prototype; scope = Object.getPrototypeOf(scope)) {
    for (const name of Object.getOwnPropertyNames(scope)) if (!KEPT.has(name)) Reflect.deleteProperty(scope, name);
  }
}
