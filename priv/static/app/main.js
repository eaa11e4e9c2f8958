// Shows the page that the URL names, and keeps it as the station is.

import { ask, Problem } from "./api.js";
import { h } from "./html.js";
import { pages } from "./pages.js";

// How often a page is asked for again, in ms.
const again = 2000;

const main = document.getElementById("bmp-main");
const pause = document.getElementById("pause");

let shown; // {page, parameters, form, result, texts, sorted}
let asking; // AbortController of the questions under way
let timer;

function here() {
  const [, name, query] = location.hash.match(/^#\/([a-z]*)\??(.*)$/) ?? [null, "", ""];
  return { name, page: pages[name], parameters: Object.fromEntries(new URLSearchParams(query)) };
}

function open() {
  const { name, page, parameters } = here();
  for (const tab of document.querySelectorAll("#pages a")) {
    tab.toggleAttribute("aria-current", tab.getAttribute("href") === `#/${name}`);
    if (tab.hasAttribute("aria-current")) tab.setAttribute("aria-current", "page");
  }
  if (!page) {
    document.title = "Not found · ServiceRadar BMP";
    main.replaceChildren(h("div", { class: "title" }, h("h1", {}, "There is no such page")), h("p", {}, h("a", { href: "#/" }, "To the routers")));
    shown = null;
    return;
  }
  document.title = `${page.title} · ServiceRadar BMP`;
  if (page.element) {
    // It keeps itself as the station is.
    stop();
    shown = null;
    main.replaceChildren(h("div", { class: "title" }, h("h1", {}, page.title)), page.element());
    return;
  }
  const same = shown?.page === page;
  shown = { page, parameters, form: h("div"), result: h("div", { "aria-busy": "true" }, h("p", { class: "dim" }, "Loading…")), text: null, sorted: same ? shown.sorted : null };
  if (page.form) shown.form.replaceChildren(page.form(parameters, {}));
  main.replaceChildren(h("div", { class: "title" }, h("h1", {}, page.title)), h("div", { id: "trouble" }), shown.form, shown.result);
  load();
}

function stop() {
  clearTimeout(timer);
  asking?.abort();
}

async function load() {
  stop();
  asking = new AbortController();
  const { signal } = asking;
  const page = shown;
  if (!page) return;
  try {
    const questions = Object.entries(page.page.asks(page.parameters));
    const answers = await Promise.all(questions.map(([, [path, parameters]]) => ask(path, parameters, signal)));
    if (page !== shown || signal.aborted) return;
    connected(true);
    trouble(null);
    const text = answers.map((answer) => answer.text).join("\n");
    if (text !== page.text) {
      page.text = text;
      page.answers = Object.fromEntries(questions.map(([name], index) => [name, answers[index].answer]));
      draw();
    }
  } catch (error) {
    if (error.name === "AbortError" || page !== shown) return;
    if (!(error instanceof Problem)) throw error;
    connected(error.status !== 0);
    if (error.status === 400 && page.page.form) page.form.replaceChildren(page.page.form(page.parameters, error.errors));
    trouble(error.status === 400 && Object.keys(error.errors).length ? "Not searched: see the fields that are marked." : error.message);
    page.result.removeAttribute("aria-busy");
    if (!page.text) page.result.replaceChildren();
  }
  if (pause.getAttribute("aria-pressed") === "false") timer = setTimeout(load, document.hidden ? 5 * again : again);
}

function draw() {
  const { page, answers, parameters, result, sorted } = shown;
  const focused = result.contains(document.activeElement) ? document.activeElement.textContent : null;
  const sorting = {
    sorted,
    sort(name) {
      shown.sorted = { name, down: shown.sorted?.name === name && !shown.sorted.down };
      draw();
    },
  };
  result.removeAttribute("aria-busy");
  result.replaceChildren(...[page.show(answers, sorting, parameters)].flat(3).filter(Boolean));
  // Who is led by the keyboard stays where he was.
  if (focused) [...result.querySelectorAll("a, button")].find((element) => element.textContent === focused)?.focus({ preventScroll: true });
}

function trouble(text) {
  document.getElementById("trouble")?.replaceChildren(...(text ? [h("p", { class: "banner bad", role: "alert" }, text)] : []));
}

function connected(is) {
  document.body.classList.toggle("bmp-connected", is);
}

pause.addEventListener("click", () => {
  const paused = pause.getAttribute("aria-pressed") === "false";
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Go on" : "Pause";
  if (paused) clearTimeout(timer);
  else load();
});

// "/" goes to the search field, as in a pager; Escape leaves it.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input, textarea, select");
  const field = document.querySelector("[data-bmp-search]");
  if (event.key === "/" && !typing && field) {
    event.preventDefault();
    field.focus();
    field.select();
  } else if (event.key === "Escape" && typing) typing.blur();
});

document.addEventListener("bmp-connected", (event) => connected(event.detail));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && pause.getAttribute("aria-pressed") === "false") load();
});
window.addEventListener("hashchange", (event) => {
  if (location.hash === "#bmp-main") return main.focus();
  open();
  if (new URL(event.oldURL).hash.split("?")[0] !== location.hash.split("?")[0]) window.scrollTo(0, 0);
});
open();
