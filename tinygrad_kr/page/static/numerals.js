// Numbers as people write them (as tinygrad_kr/text/numerals.py does), and as people type them.

const trimmed = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** The number; or, where it lies halfway between two numerals, the even one of them, as Python rounds. */
function unhalved(number, digits) {
  if (Number(number.toExponential(Math.min(digits, 100))) !== number) return number; // it has more digits than that
  const [mantissa, exponent] = number.toExponential(Math.min(digits + 30, 100)).split("e");
  const kept = digits + (digits > 1 ? 1 : 0) + (number < 0 ? 1 : 0);
  const isHalf = /^\.?50*$/.test(mantissa.slice(kept));
  return isHalf && "02468".includes(mantissa[kept - 1]) ? Number(`${mantissa.slice(0, kept)}e${exponent}`) : number;
}

/** A number as a person writes it: 220, 1.1, 3.3 and never 3.3000000000000003. */
export function numeral(number, digits = 6, grouping = false) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "-∞";
  const whole = Number.isInteger(number) && Math.abs(number) < 1e15;
  const [, exponent] = parts(number, digits);
  if (!whole && (exponent < -4 || exponent >= digits)) return scientific(number, digits);
  const text = whole ? String(number) : trimmed(unhalved(number, digits).toPrecision(Math.min(digits, 100)));
  return grouping ? text.replace(/^-?\d+/, (part) => part.replace(/\B(?=(\d{3})+$)/g, ",")) : text;
}

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

const parts = (number, digits) =>
  unhalved(number, digits)
    .toExponential(Math.min(digits, 100) - 1)
    .split("e")
    .map(Number);

const scientific = (number, digits) => parts(number, digits).join("e");

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/;
const GROUPED = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
const SPECIAL = { inf: Infinity, infinity: Infinity, "∞": Infinity, nan: NaN };

/** The number that a text stands for: 1.5, 1e-3, 4,620, 1/3, inf, ∞, nan; null if it is none. */
export function read(text) {
  const plain = text.normalize("NFKC").replace(/[−–]/g, "-").replace(/\s/g, "").toLowerCase();
  const [, minus, word] = /^([+-]?)(.*)$/.exec(plain);
  if (Object.hasOwn(SPECIAL, word)) return minus === "-" ? -SPECIAL[word] : SPECIAL[word];
  const [above, below = "1", ...more] = plain
    .split("/")
    .map((part) => (GROUPED.test(part) ? part.replaceAll(",", "") : part));
  return more.length === 0 && DECIMAL.test(above) && DECIMAL.test(below) ? Number(above) / Number(below) : null;
}

/** A number as it can be typed again, to the last bit. */
export const exact = (number) => (Number.isFinite(number) ? String(number) : numeral(number).replace("∞", "inf"));
