// Numbers as the pages write them: 8,193 · 2.50 GiB · 1.6 × 10²³.

const UNITS = {
  GB: { base: 1000, names: ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"] },
  GiB: { base: 1024, names: ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] },
};
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const formats = []; // by digits: to make one takes longer than to use it

function fixed(value, digits) {
  formats[digits] ??= new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return formats[digits].format(value);
}

export const integer = (value) => fixed(value, 0);

// Three significant digits, and no fewer than the whole part has.
export function short(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return scientific(value);
  const digits = size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 2 - Math.floor(Math.log10(size));
  return fixed(value, digits);
}

export function scientific(value, digits = 2) {
  const [mantissa, exponent] = value.toExponential(digits).split("e");
  const power = exponent.replace("+", "").replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return `${mantissa}\u00a0×\u00a010${power}`; // no line ends within it
}

// `unit` is GB (powers of 1,000) or GiB (powers of 1,024).
export function bytes(value, unit = "GiB") {
  const { base, names } = UNITS[unit];
  let step = 0;
  let rest = value;
  while (rest >= base && step < names.length - 1) {
    rest /= base;
    step += 1;
  }
  return `${step === 0 ? integer(rest) : short(rest)} ${names[step]}`;
}

// 68.4B parameters, 1.40T tokens.
export function large(value) {
  for (const [name, size] of [["T", 1e12], ["B", 1e9], ["M", 1e6]]) {
    if (value >= size) return `${short(value / size)}${name}`;
  }
  return integer(value);
}

export function duration(seconds) {
  const units = [["years", 365.25 * 86400], ["days", 86400], ["hours", 3600], ["minutes", 60], ["s", 1], ["ms", 1e-3]];
  const [name, size] = units.find(([, size]) => seconds >= size) ?? ["µs", 1e-6];
  return `${short(seconds / size)} ${name}`;
}

export const capital = (name) => name[0].toUpperCase() + name.slice(1);
