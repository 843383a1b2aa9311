// The functions that the table's formulas call and that Math lacks or has in another way than IEEE 754 and
// the engine (tinygrad_kr/engine/ieee.py). Everything works on doubles and nothing throws.

/** C's pow: 1 ** nan is 1, and (±1) ** ±Infinity is 1. */
export function pow(x, y) {
  return x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
}

/** Python's x % y: exact, with the sign of y. */
export function mod(x, y) {
  const rest = x % y;
  if (rest === 0) return y < 0 || Object.is(y, -0) ? -0 : 0;
  return rest < 0 !== y < 0 ? rest + y : rest;
}

/** Python's x // y, from the exact remainder; as x / y for y = 0. */
export function floordiv(x, y) {
  if (y === 0) return x / y;
  const rest = x % y;
  const quotient = (x - rest) / y - (rest !== 0 && rest < 0 !== y < 0 ? 1 : 0);
  if (quotient === 0) return x / y < 0 || Object.is(x / y, -0) ? -0 : 0;
  const whole = Math.floor(quotient);
  return quotient - whole > 0.5 ? whole + 1 : whole;
}

export const exp2 = (x) => Math.pow(2, x);
export const sign = (x) => (x > 0 ? 1 : x < 0 ? -1 : x);

/** |x| with the sign of y, which a zero has too. */
export const copysign = (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x));

/** 1 / (1 + exp(-x)), without overflow. */
export function sigmoid(x) {
  const small = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : small) / (1 + small);
}

const isNaNOf = (x, y) => x !== x || y !== y;
export const max = (x, y) => (isNaNOf(x, y) ? x + y : x >= y ? x : y);
export const min = (x, y) => (isNaNOf(x, y) ? x + y : x <= y ? x : y);


// ── The error function ────────────────────────────────────────────────────────────────────────────────
// Abramowitz & Stegun, Handbook of Mathematical Functions (1964): the series 7.1.6, whose terms are all
// positive, below 2, and the continued fraction 7.1.14 from there on. exp(−x²) is split as in W. J. Cody,
// "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969): squaring a large x
// would round away digits of the result.

const SQRT_PI = Math.sqrt(Math.PI);

/** exp(−x²). */
function gauss(x) {
  const near = Math.trunc(x * 16) / 16;
  return Math.exp(-near * near) * Math.exp(-(x - near) * (x + near));
}

/** erf by its series; for 0 ≤ x < 2. */
function series(x) {
  let term = x;
  let total = x;
  for (let n = 1; term > total * 1e-17; n += 1) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / SQRT_PI) * gauss(x) * total;
}

/** erfc by its continued fraction, from its far end; for x ≥ 2, where 120 levels are plenty. */
function fraction(x) {
  if (x > 28) return 0;
  let tail = x;
  for (let level = 120; level > 0; level -= 1) tail = x + level / 2 / tail;
  return gauss(x) / SQRT_PI / tail;
}

export function erf(x) {
  if (x < 0) return -erf(-x);
  return x < 2 ? series(x) : x >= 2 ? 1 - fraction(x) : x;
}

export function erfc(x) {
  if (x < 0) return 1 + erf(-x);
  return x < 2 ? 1 - series(x) : x >= 2 ? fraction(x) : x;
}

// ── Over any number of operands ───────────────────────────────────────────────────────────────────────

/** An array of f(0) … f(n − 1). */
export const each = (n, f) => Array.from({ length: n }, (_, i) => f(i));

/**
 * The sum, exact but for one last rounding, as Python's math.fsum: it keeps the errors of the additions as
 * further numbers. J. R. Shewchuk, "Adaptive precision floating-point arithmetic and fast robust geometric
 * predicates", Discrete & Computational Geometry 18 (1997).
 */
export function sum(terms) {
  let parts = [];
  for (const term of terms) {
    let x = term;
    const kept = [];
    for (let y of parts) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low !== 0) kept.push(low);
      x = high;
    }
    parts = [...kept, x];
  }
  const exact = parts.reduceRight((total, part) => total + part, 0);
  return Number.isFinite(exact) ? exact : terms.reduce((total, term) => total + term, 0);
}

export const prod = (terms) => terms.reduce((product, term) => product * term, 1);

/** The largest, −Infinity of none; nan if any is. */
export const largest = (terms) => terms.reduce(max, -Infinity);

/** For each term the product of all others, in two sweeps (no division: a zero is no trouble). */
export function prodOfOthers(terms) {
  const products = [];
  let before = 1;
  for (const term of terms) {
    products.push(before);
    before *= term;
  }
  let after = 1;
  for (let i = terms.length - 1; i >= 0; i -= 1) {
    products[i] *= after;
    after *= terms[i];
  }
  return products;
}
