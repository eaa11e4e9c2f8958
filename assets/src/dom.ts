// Elements of HTML.

export function h<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Record<string, string | null> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) element.setAttribute(key, value);
  element.append(...children);
  return element;
}
