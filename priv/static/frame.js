// The hook of a frame's page: octets beside the tree of fields that are in them. It needs no build, so that the page works where there is
// no node; a host application imports it for its own LiveSocket: `import { BmpFrame } from "../deps/serviceradar_bmp/priv/static/frame.js"`.
export const BmpFrame = {
  mounted() {
    const octets = [...this.el.querySelectorAll("[data-at]")];
    const items = [...this.el.querySelectorAll("[role=treeitem]")];
    let marked = [];
    const mark = (item) => {
      for (const octet of marked) octet.classList.remove("marked");
      marked = item ? octets.slice(item.dataset.from, item.dataset.to) : [];
      for (const octet of marked) octet.classList.add("marked");
    };
    const focus = (item) => {
      for (const other of items) other.tabIndex = -1;
      item.tabIndex = 0;
      item.focus();
      // It may be longer than the window: what is to be seen is its own line.
      item.firstElementChild.scrollIntoView({ block: "nearest" });
    };
    const parent = (item) => item.parentElement.closest("[role=treeitem]");
    const hidden = (item) => {
      for (let above = parent(item); above; above = parent(above)) if (above.ariaExpanded === "false") return true;
      return false;
    };
    const open = (item, yes) => item.setAttribute("aria-expanded", String(yes));
    const beside = (item, step) => {
      for (let at = items.indexOf(item) + step; items[at]; at += step) if (!hidden(items[at])) return items[at];
    };
    const of = (event) => event.target.closest("[role=treeitem]");

    this.el.addEventListener("mouseover", (event) => of(event) && mark(of(event)));
    this.el.addEventListener("mouseleave", () => mark(document.activeElement.closest("[role=treeitem]")));
    this.el.addEventListener("focusin", (event) => mark(of(event)));
    this.el.addEventListener("focusout", () => mark(null));
    this.el.addEventListener("click", (event) => {
      const octet = event.target.closest("[data-at]");
      if (octet) {
        const at = Number(octet.dataset.at);
        const has = items.filter((item) => item.dataset.from <= at && at < item.dataset.to);
        const inner = has[has.length - 1];
        for (let above = inner && parent(inner); above; above = parent(above)) open(above, true);
        if (inner) focus(inner);
      } else if (of(event)) {
        if (of(event).ariaExpanded) open(of(event), of(event).ariaExpanded === "false");
        focus(of(event));
      }
    });
    this.el.addEventListener("keydown", (event) => {
      const item = of(event);
      if (!item) return;
      const shut = item.ariaExpanded === "false";
      const to = {
        ArrowDown: () => beside(item, 1),
        ArrowUp: () => beside(item, -1),
        Home: () => items[0],
        End: () => items.filter((one) => !hidden(one)).pop(),
        ArrowRight: () => (shut ? open(item, true) : item.ariaExpanded && beside(item, 1)),
        ArrowLeft: () => (item.ariaExpanded === "true" ? open(item, false) : parent(item)),
      }[event.key];
      if (!to) return;
      event.preventDefault();
      const next = to();
      if (next) focus(next);
    });
    this.el.dataset.listens = "";
  },
};
