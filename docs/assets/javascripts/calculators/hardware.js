// The accelerators of data/hardware.yml, as `make generate` writes them for the calculators.

let promise;

export function hardware() {
  promise ??= fetch(new URL("../../data/hardware.json", import.meta.url)).then((response) => {
    if (!response.ok) throw new Error(`hardware.json: ${response.status}`);
    return response.json();
  });
  return promise;
}

// For a field of kind choice.
export const hardwareOptions = (accelerators) => accelerators.map(({ name }) => [name, name]);
export const FORMATS = [["bf16", "bf16"], ["fp8", "fp8"], ["int8", "int8"], ["tf32", "tf32"], ["fp32", "fp32"]];
