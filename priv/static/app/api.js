// Asks the station's JSON endpoints.

/** What went wrong, with a sentence for each parameter that cannot be read. */
export class Problem extends Error {
  constructor({ status, detail, errors }) {
    super(detail);
    this.status = status;
    this.errors = errors ?? {};
  }
}

/** The answer of an endpoint, and its text, by which the same answer is known again. */
export async function ask(path, parameters = {}, signal) {
  const query = new URLSearchParams(Object.entries(parameters).filter(([, value]) => value));
  let response;
  try {
    response = await fetch(`api/v1/${path}?${query}`, { signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem({ status: 0, detail: "The station does not answer." });
  }
  const text = await response.text();
  if (!response.ok) throw new Problem(problem(response, text));
  return { answer: JSON.parse(text), text };
}

function problem(response, text) {
  try {
    return JSON.parse(text);
  } catch {
    return { status: response.status, detail: `The station answers ${response.status}.` };
  }
}
