// Numbers as people write them (as tinygrad_kr/text/numerals.py does), and as people type them.

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0*$/, "") : text);

/** A number's digits that count, rounded half to even as Python does, and the power of ten of the first. */
function rounded(number, digits) {
  const kept = Math.min(digits, 100);
  const [above, exponent] = number.toExponential(kept - 1).split("e"); // of two that are as near, the larger
  const [all, power] = number.toExponential(Math.min(kept + 30, 100)).split("e");
  const below = all.slice(0, above.length);
  const isHalf = /^\.?50*$/.test(all.slice(above.length)) && "02468".includes(below.at(-1));
  return isHalf ? [below, Number(power)] : [above, Number(exponent)];
}

const [SMALLEST, LARGEST] = [-5, 10]; // powers of ten that are still written out

/** A number as a person writes it: 220, 1.1, 1650000 and never 3.3000000000000003 or 1650000.0000000002. */
export function numeral(number, digits = 6, grouping = false) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "-∞";
  const size = Math.abs(number);
  const off = Math.abs(number - Math.round(number));
  const whole = size < 1e15 && off <= Math.min(10 ** -Math.max(digits, 12) * size, 1e-3);
  const [, exponent] = rounded(number, digits);
  if (!whole && (exponent < SMALLEST || exponent >= LARGEST)) return scientific(number, digits);
  const text = whole ? String(Math.round(number) + 0) : trimmed(decimal(number, digits, exponent));
  return grouping ? text.replace(/^-?\d+/, (part) => part.replace(/\B(?=(\d{3})+$)/g, ",")) : text;
}

/** So many digits that count, but never fewer than are before the point. */
function decimal(number, digits, exponent) {
  const [, before] = rounded(number, 20);
  const [mantissa, power] = rounded(number, exponent < digits ? digits : before + 1);
  const figures = "0".repeat(Math.max(-power, 0)) + mantissa.replace(/[-.]/g, "").padEnd(power + 1, "0");
  const point = Math.max(power, 0) + 1;
  return `${number < 0 ? "-" : ""}${figures.slice(0, point)}.${figures.slice(point)}`;
}

/** Numerals as a picture sets them: powers of ten with a raised exponent, and a true minus before a number or alone. */
export const raised = (text) =>
  text
    .replace(/(?<![\w.])(\d[\d.]*)e(-?\d+)(?!\w)/g, (_, mantissa, exponent) => {
      const signs = [...exponent].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
      return `${mantissa}×10${signs.join("")}`;
    })
    .replace(/(?<![\w.)-])-(?=[\d.∞]|$)/g, "−");

/** A number in so few significant digits (and with an exponent, if need be) that it takes ``room`` characters. */
export function fitting(number, room, digits = 6, grouping = false) {
  const finite = Number.isFinite(number);
  for (let kept = digits; kept > 1 && finite; kept -= 1) {
    for (const text of [numeral(number, kept, grouping), scientific(number, kept)]) {
      if (text.length <= room) return text;
    }
  }
  return finite ? scientific(number, 2) : numeral(number);
}

function scientific(number, digits) {
  const [mantissa, exponent] = rounded(number, digits);
  return `${trimmed(mantissa)}e${exponent}`;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/;
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
const SPECIAL = { inf: Infinity, infinity: Infinity, "∞": Infinity, nan: NaN };

/** What a person typed, in plain signs: half-width, without blanks but in a mixed number, powers of ten as e. */
export const plain = (text) =>
  text
    .replace(/10([⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)/g, "10^$1")
    .normalize("NFKC")
    .replace(/[−–⁄]/g, (sign) => (sign === "⁄" ? "/" : "-"))
    .replace(/(\d)\s+(\d+\s*\/)/g, "$1+$2")
    .replace(/\s/g, "")
    .replace(/[×*·]10\^\(?([+-]?\d+)\)?/g, "e$1")
    .replace(/\(([+-]?[\d.,]+)\)/g, "$1")
    .replace(/[×·]/g, "*")
    .toLowerCase();

/** The number that a text stands for: 1.5, 1e-3, 2×10⁻⁷, 4,620, 1/3, 1 1/2, 1.1×2, (-1), inf, ∞, nan; null if it is none. */
export function read(text) {
  const typed = plain(text);
  const [, minus, word] = /^([+-]?)(.*)$/.exec(typed);
  const sign = minus === "-" ? -1 : 1;
  if (Object.hasOwn(SPECIAL, word)) return sign * SPECIAL[word];
  const mixed = /^(\d+)\+(\d+\/\d+)$/.exec(word);
  const number = mixed ? sign * (fraction(mixed[1]) + fraction(mixed[2])) : product(typed);
  return Number.isNaN(number) ? null : number;
}

const product = (text) => text.split("*").reduce((total, factor) => total * fraction(factor), 1);

/** A decimal or a fraction of two; NaN if it is none. */
function fraction(text) {
  const [above, below = "1", ...more] = text
    .split("/")
    .map((part) => (GROUPED.test(part) ? part.replaceAll(",", "") : part));
  return more.length === 0 && DECIMAL.test(above) && DECIMAL.test(below) ? Number(above) / Number(below) : NaN;
}

/** A number as it can be typed again, to the last bit. */
export const exact = (number) => (Number.isFinite(number) ? String(number) : numeral(number).replace("∞", "inf"));
