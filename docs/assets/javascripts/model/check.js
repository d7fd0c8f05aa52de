// Sizes that a formula cannot take, refused with the name of the field that has to be mended.

export class FieldError extends RangeError {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

export function atLeast(lowest, sizes) {
  for (const [name, size] of Object.entries(sizes)) {
    if (!(size >= lowest)) throw new FieldError(name, `must be at least ${lowest}, got ${size}`);
  }
}

export function positive(sizes) {
  for (const [name, size] of Object.entries(sizes)) {
    if (!(size > 0)) throw new FieldError(name, `must be positive, got ${size}`);
  }
}
