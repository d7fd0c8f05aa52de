// The models of data/models.yml, as `make generate` writes them for the calculators.

let promise;

export function models() {
  promise ??= fetch(new URL("../../data/models.json", import.meta.url)).then((response) => {
    if (!response.ok) throw new Error(`models.json: ${response.status}`);
    return response.json();
  });
  return promise;
}
