// Connects the pages to their LiveView socket. Loaded with `defer` by the pages' own root layout only.
(() => {
  const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.getAttribute("content");

  // The map is loaded where it is shown, and nowhere else.
  const BmpGodView = {
    mounted() {
      import(this.el.dataset.module).then(() => {
        const view = document.createElement("bmp-god-view");
        view.setAttribute("src", this.el.dataset.src);
        this.el.append(view);
      });
    },
  };

  // What a frame does is a module of its own, which hosts import; here it comes when a frame is shown.
  const BmpFrame = {
    mounted() {
      import(this.el.dataset.module).then(({ BmpFrame }) => BmpFrame.mounted.call(this));
    },
  };

  const socket = new LiveView.LiveSocket(meta("bmp-socket"), Phoenix.Socket, {
    params: { _csrf_token: meta("csrf-token") },
    hooks: { BmpGodView, BmpFrame },
  });
  socket.connect();
  window.liveSocket = socket;

  // "/" goes to the search field, as in a pager; Escape leaves it.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing) {
      const field = document.querySelector("[data-bmp-search]");
      if (field) {
        event.preventDefault();
        field.focus();
        field.select();
      }
    } else if (event.key === "Escape" && typing) {
      typing.blur();
    }
  });
})();
