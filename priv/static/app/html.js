// Elements of a page, made without ever reading a text as HTML.

/** An element with attributes and children. Text is text, whatever it holds; what is null is left out. */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child != null && child !== false));
  return element;
}

/**
 * A table. `columns`: each with `name`, `cell` (a row's content), and where it can be sorted by it `by` (a row's value), or `sort` (the
 * name by which the station sorts): then `order` says by what it has sorted, and gives the link that sorts.
 * On a narrow screen each row becomes a card, where a cell stands behind its column's name.
 */
export function table(caption, columns, rows, { sorted, sort, order, kind = "" } = {}) {
  const head = columns.map((column) => {
    if (order && column.sort) {
      const here = order.sort === column.sort;
      const ways = here ? (order.down ? "descending" : "ascending") : null;
      const down = here ? !order.down : column.down;
      return h("th", { scope: "col", class: column.class, "aria-sort": ways }, h("a", { class: "sort", href: order.link(column.sort, down ? "desc" : "asc") }, column.name));
    }
    const direction = sorted?.name === column.name ? (sorted.down ? "descending" : "ascending") : null;
    const name = column.by && sort
      ? h("button", { type: "button", class: "sort", onclick: () => sort(column.name) }, column.name)
      : column.name;
    return h("th", { scope: "col", class: column.class, "aria-sort": direction }, name);
  });
  const body = ordered(columns, rows, sorted).map((row) =>
    h(
      "tr",
      { class: row.stale ? "stale" : null },
      columns.map((column, index) =>
        h(index ? "td" : "th", { scope: index ? null : "row", class: column.class, "data-name": column.name }, column.cell(row)),
      ),
    ),
  );
  return h(
    "div",
    { class: `table cards ${kind}` },
    h("table", {}, h("caption", { class: "hidden" }, caption), h("thead", {}, h("tr", {}, head)), h("tbody", {}, body)),
  );
}

function ordered(columns, rows, sorted) {
  const by = columns.find((column) => column.name === sorted?.name)?.by;
  if (!by) return rows;
  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number"
      ? one - other
      : String(one ?? "").localeCompare(String(other ?? ""), "en", { numeric: true });
  return [...rows].sort((one, other) => compare(by(one), by(other)) * (sorted.down ? -1 : 1));
}

export const address = (path, parameters) => {
  const query = new URLSearchParams(Object.entries(parameters ?? {}).filter(([, value]) => value)).toString();
  return `#/${path}${query ? "?" + query : ""}`;
};
export const link = (path, parameters, text) => h("a", { href: address(path, parameters) }, text);

export const mono = (...children) => h("span", { class: "mono" }, children);
export const small = (...children) => h("small", { class: "why" }, children);
export const dash = () => h("span", { class: "none" }, "–");
export const number = (value) => value.toLocaleString("en");

/** A moment: the time of day where it is of today, else the date with it. UTC. */
export function time(text) {
  if (!text) return dash();
  const [day, clock] = [text.slice(0, 10), text.slice(11, 19)];
  const today = new Date().toISOString().slice(0, 10) === day;
  return h("time", { datetime: text, title: text, class: "mono" }, today ? clock : `${day} ${clock}`);
}
