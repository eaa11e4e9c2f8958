// The pages: what each asks, and what it shows of the answers.

import { h, table, address, link, mono, small, dash, number, time } from "./html.js";
import { mapPage } from "./map-page.js";
import { views, shortViews, weight, community, isOwn, words } from "./names.js";

const state = (value) => h("span", { class: `state ${weight[value] ?? ""}` }, value);
const tile = (name, value, remark, mood = "") =>
  h("div", { class: `tile ${mood}` }, h("dt", {}, name), h("dd", {}, value, remark && h("small", {}, ` ${remark}`)));
const empty = (title, text) => h("div", { class: "empty" }, h("p", {}, h("b", {}, title)), h("p", {}, text));

const routers = {
  title: "Routers",
  asks: (parameters) => ({ counts: ["counts"], routers: ["routers", { limit: 100, ...ordered(parameters) }], sessions: ["sessions"], letters: ["dead_letters", { limit: 200 }], flapping: ["flapping", { limit: 5 }], events: ["events", { limit: 200 }] }),
  show({ counts, routers, sessions, letters, flapping, events }, sorting, parameters) {
    const lost = counts.routers - counts.routers_connected;
    if (!counts.routers) return empty("No router yet.", "Point one at this station: it appears here with its first message.");
    return [
      h(
        "dl",
        { class: "tiles" },
        tile("Routers connected", number(counts.routers_connected), `of ${number(counts.routers)}`, lost ? "bad" : ""),
        tile("Peers up", number(counts.sessions_up), `of ${number(counts.sessions)}`, counts.sessions_up < counts.sessions ? "bad" : ""),
        tile("Routes", link("routes", {}, number(counts.routes))),
      ),
      table("Routers", routerColumns, routers.data, { order: order("", parameters, "router") }),
      further("", parameters, routers.next),
      sessions.data.length > 0 && [h("h2", {}, "Sessions"), table("Sessions of routers, with what was counted of them since they began", sessionColumns(routers.data, letters.data), sessions.data)],
      flapping.data.length > 0 && [h("h2", {}, "What flaps"), table("Routes that change again and again, the worst first", flapColumns, flapping.data)],
      h("h2", {}, "Latest events"),
      eventTable(grouped(events.data.filter((event) => event.kind !== "end_of_rib")).slice(0, 30), sorting),
    ];
  },
};

// What the station is to sort by, and a table's heads that say so.
const ordered = ({ sort, order, cursor }) => ({ sort, order, cursor });
const order = (page, { cursor: _, ...parameters }, first) => ({
  sort: parameters.sort ?? first,
  down: parameters.order === "desc",
  link: (sort, order) => address(page, { ...parameters, sort, order }),
});

const routerColumns = [
  { name: "Router", sort: "router", cell: (router) => [link("peers", { router: router.router_id }, router.name), small(mono(router.address ?? ""))] },
  { name: "Session", sort: "state", cell: (router) => [state(router.state), router.end_reason && small(router.end_reason), ...router.standby.map((session) => small(`Another session, from ${session}, stands by`))] },
  { name: "Since", sort: "since", down: true, cell: (router) => time(router.session_ended ?? router.session_started) },
  { name: "Peers up", class: "number", sort: "peers", down: true, cell: (router) => `${number(router.peers_up)} of ${number(router.sessions)}` },
  { name: "Routes", class: "number", sort: "routes", down: true, cell: (router) => link("routes", { router: router.router_id }, number(router.routes)) },
  { name: "Last change", sort: "change", down: true, cell: (router) => time(router.last_change) },
  { name: "System", cell: (router) => h("span", { class: "cut", title: router.sys_descr }, router.sys_descr ?? "") },
];

const sessionColumns = (routers, letters) => {
  const of = (session) => routers.find((router) => router.router_id === session.router_id);
  const faults = (count) => (count ? h("span", { class: "state warn" }, number(count)) : h("span", { class: "dim" }, "0"));
  // The newest come first.
  const error = (session) => letters.find((letter) => letter.router_id && letter.router_id === session.router_id);
  const lag = (us) => (us == null ? h("span", { class: "dim" }, "not known yet") : us < 1e4 ? `${(us / 1e3).toFixed(1)} ms` : us < 1e6 ? `${Math.round(us / 1e3)} ms` : h("span", { class: "state warn" }, `${(us / 1e6).toFixed(1)} s`));
  return [
    { name: "Router", cell: (session) => (of(session) ? link("peers", { router: session.router_id }, of(session).name) : session.router_id ? mono(session.router_id) : h("span", { class: "dim" }, "has not said yet")) },
    { name: "From", cell: (session) => mono(session.address.includes(":") ? `[${session.address}]:${session.port}` : `${session.address}:${session.port}`) },
    { name: "Since", cell: (session) => time(session.since) },
    { name: "Messages", class: "number", cell: (session) => number(session.messages) },
    { name: "Undecodable", class: "number", cell: (session) => faults(session.undecodable) },
    { name: "Faulty UPDATEs", class: "number", cell: (session) => faults(session.faulty_updates) },
    { name: "Lag", class: "number", cell: (session) => lag(session.lag_us) },
    { name: "Last error", cell: (session) => (error(session) ? [time(error(session).received_at), " ", error(session).reason] : h("span", { class: "dim" }, "none of late")) },
  ];
};

const times = (count) => (count === 1 ? "once" : `${number(count)} times`);

const flapColumns = [
  { name: "Prefix", cell: (route) => mono(route.prefix ? link("routes", { prefix: route.prefix }, route.nlri_text) : route.nlri_text) },
  { name: "Peer", cell: (route) => [mono(route.peer === "0.0.0.0" ? "own routes" : route.peer), small(route.router)] },
  { name: "View", cell: (route) => `${shortViews[route.view]} ${route.family}` },
  { name: "Withdrawn", class: "number", cell: (route) => times(route.withdrawals) },
  { name: "Changed", class: "number", cell: (route) => times(route.changes) },
  { name: "Last (UTC)", cell: (route) => time(route.changed_at) },
];

const peers = {
  title: "Peers",
  asks: (parameters) => ({ peers: ["peers", { limit: 100, router: parameters.router, find: parameters.find, ...ordered(parameters) }] }),
  form: (parameters) =>
    find("peers", parameters, "Find", "find", "address, AS65001, router"),
  show({ peers }, _sorting, parameters) {
    if (!peers.data.length) return empty("No peer.", parameters.find ? "None of them matches." : "Peers appear when a router tells of them.");
    return [table("Peers", peerColumns, peers.data, { order: order("peers", parameters, "router") }), further("peers", parameters, peers.next)];
  },
};

const peerColumns = [
  {
    name: "Peer",
    sort: "peer",
    cell: (peer) =>
      isOwn(peer)
        ? ["own routes", small("what the router originates itself; no session")]
        : [mono(peer.address), small(peer.peer_type === 3 ? `Loc-RIB ${peer.table_name ?? ""}` : peer.distinguisher === "0:0" ? null : mono(peer.distinguisher))],
  },
  { name: "AS", class: "number", sort: "as", cell: (peer) => (isOwn(peer) ? dash() : mono(String(peer.asn))) },
  { name: "State", sort: "state", cell: (peer) => (isOwn(peer) ? dash() : [state(peer.state), peer.down_reason && small(peer.down_reason)]) },
  { name: "Since", sort: "since", down: true, cell: (peer) => (isOwn(peer) ? dash() : time(peer.state_since)) },
  { name: "Router", sort: "router", cell: (peer) => link("peers", { router: peer.router_id }, peer.router) },
  { name: "Routes", class: "number", sort: "routes", down: true, cell: (peer) => link("routes", { peer: peer.peer_id }, number(peer.routes)) },
  { name: "By view and family", cell: (peer) => peer.ribs.map((rib) => h("span", { class: "chip" }, `${shortViews[rib.view]} ${rib.family} `, h("small", {}, number(rib.routes)))) },
  { name: "Last change", sort: "change", down: true, cell: (peer) => time(peer.last_change) },
];

const routes = {
  title: "Routes",
  asks: ({ cursor, ...filters }) => ({ routes: ["routes", { limit: 100, cursor, ...filters }], count: ["routes/count", filters] }),
  form: (parameters, errors) => search(parameters, errors),
  show({ routes, count }, sorting, parameters) {
    if (!routes.data.length) return empty("No route matches.", "They appear as soon as a router announces them.");
    const shown = routes.data.length;
    // What takes too long to count is more than what is seen.
    const all = count.routes == null ? `at least ${number(shown + (routes.next ? 1 : 0))}` : `${count.more ? "more than " : ""}${number(count.routes)}`;
    const says = routes.next || parameters.cursor ? `${number(shown)} on this page, of ${all} routes` : `${number(shown)} in all`;
    const { cursor: _, ...filters } = parameters;
    return [h("p", { class: "result" }, says, " ", exported(filters, "csv", "CSV"), exported(filters, "json", "JSON")), table("Routes", routeColumns, routes.data, { ...sorting, kind: "routes" }), further("routes", parameters, routes.next)];
  },
};

const exported = (parameters, format, name) => h("a", { href: `api/v1/routes?${new URLSearchParams({ ...parameters, format, limit: 1000 })}` }, name);

const nlri = (route) => route.nlri_text ?? route.prefix ?? `0x${route.nlri}`;
const origins = { igp: "i", egp: "e", incomplete: "?" };
const communities = (route) => [route.communities.map(community), route.large_communities, route.extended_communities].filter((list) => list.length);

const routeColumns = [
  {
    name: "Prefix",
    by: nlri,
    cell: (route) => [
      h("span", { class: "mono" }, route.prefix && !route.nlri_text ? link("routes", { prefix: route.prefix }, route.prefix) : nlri(route)),
      route.path_id != null && small(`path id ${route.path_id}`),
      route.stale && small("stale"),
    ],
  },
  { name: "Next hop", by: (route) => route.next_hop, cell: (route) => (route.next_hop ? mono(route.next_hop) : dash()) },
  { name: "AS path", class: "path", by: (route) => route.as_path.length, cell: (route) => mono(`${route.as_path_text ?? ""} `, h("span", { class: "origin", title: `ORIGIN ${route.origin}` }, origins[route.origin] ?? "")) },
  { name: "MED", class: "number", by: (route) => route.med, cell: (route) => (route.med == null ? dash() : mono(String(route.med))) },
  { name: "Local pref", class: "number", by: (route) => route.local_pref, cell: (route) => (route.local_pref == null ? dash() : mono(String(route.local_pref))) },
  { name: "Communities", class: "communities", cell: (route) => (communities(route).length ? communities(route).map((list) => h("span", { class: "why mono" }, list.join(" "))) : dash()) },
  { name: "View", by: (route) => route.view, cell: (route) => h("span", { title: views[route.view] }, shortViews[route.view]) },
  { name: "Peer and router", by: (route) => route.peer, cell: (route) => [route.peer_asn || route.peer !== "0.0.0.0" ? mono(route.peer) : "own routes", small(route.peer_asn ? mono(`AS${route.peer_asn}`) : "", " at ", link("peers", { router: route.router_id }, route.router))] },
  { name: "Changed (UTC)", by: (route) => route.changed_at, cell: (route) => time(route.changed_at) },
];

const kinds = ["peer_up", "peer_down", "end_of_rib", "session_start", "session_end"];

const events = {
  title: "Events",
  asks: (parameters) => ({ events: ["events", { limit: 500, router: parameters.router, peer: parameters.peer, cursor: parameters.cursor }] }),
  form: (parameters) =>
    h(
      "form",
      { class: "find", onsubmit: submit("events", parameters) },
      h("label", {}, "Kind", h("select", { name: "kind", onchange: (event) => event.target.form.requestSubmit() }, option("", "All", parameters.kind), kinds.map((kind) => option(kind, words(kind), parameters.kind)))),
    ),
  show({ events }, sorting, parameters) {
    const rows = events.data.filter((event) => !parameters.kind || event.kind === parameters.kind);
    if (!rows.length) return empty("No event.", parameters.kind ? "None of this kind on this page." : "They appear when a router connects.");
    return [eventTable(grouped(rows), sorting), further("events", parameters, events.next)];
  },
};

const eventTable = (rows, sorting) =>
  table(
    "Events",
    [
      { name: "Time (UTC)", cell: (event) => time(event.received_at) },
      { name: "Event", cell: (event) => [h("span", { class: `change ${{ peer_up: "good", peer_down: "bad", session_end: "bad" }[event.kind] ?? ""}` }, words(event.kind)), event.times > 1 && small(`told ${event.times} times`)] },
      { name: "Router", cell: (event) => (event.router_id ? link("peers", { router: event.router_id }, event.router) : dash()) },
      { name: "Peer", cell: (event) => (event.peer ? link("routes", { peer: event.peer_id }, mono(event.peer === "0.0.0.0" ? "own routes" : event.peer)) : dash()) },
      { name: "What", cell: (event) => [event.reason ?? (event.view ? shortViews[event.view] : ""), event.routes ? small(`${number(event.routes)} routes ended`) : ""] },
    ],
    rows,
    { ...sorting, kind: "feed" },
  );

// FRR tells one loss of a peer three or four times, in as many views: once is enough.
function grouped(events) {
  const rows = [];
  for (const event of events) {
    const last = rows.at(-1);
    const same = last && ["kind", "router_id", "peer_id", "reason"].every((key) => last[key] === event[key]);
    if (same && Math.abs(Date.parse(last.received_at) - Date.parse(event.received_at)) < 2000) {
      last.times += 1;
      last.routes = (last.routes ?? 0) + (event.routes ?? 0);
    } else rows.push({ ...event, times: 1 });
  }
  return rows;
}

const severities = { critical: "bad", high: "bad", medium: "warn", low: "", info: "" };
const worst = Object.keys(severities);
const evidence = (said) => said.evidence.length > 0 && h("details", {}, h("summary", {}, "Evidence"), h("ul", { class: "evidence" }, said.evidence.map((one) => h("li", {}, one.text))));

const alerts = {
  title: "Alerts",
  asks: () => ({ alerts: ["alerts", { limit: 1000 }], verdicts: ["verdicts", { limit: 200 }] }),
  show({ alerts, verdicts }, sorting) {
    const rows = [...alerts.data].sort((one, other) => worst.indexOf(one.severity) - worst.indexOf(other.severity) || other.opened_at.localeCompare(one.opened_at));
    return [
      rows.length ? table("Alerts that are open", alertColumns, rows, sorting) : empty("No alert is open.", "What breaks appears here, and why."),
      verdicts.data.length > 0 && [h("h2", {}, "Why"), table("The last verdict of each subject", verdictColumns, verdicts.data, sorting)],
    ];
  },
};

const alertColumns = [
  { name: "What", by: (alert) => alert.subject, cell: (alert) => [alert.subject, small(alert.text), alert.prefixes.length > 1 && small(mono(alert.prefixes.slice(0, 5).join(", "), alert.prefixes.length > 5 ? " …" : "")), evidence(alert)] },
  { name: "Severity", by: (alert) => worst.indexOf(alert.severity), cell: (alert) => h("span", { class: `state ${severities[alert.severity]}` }, alert.severity) },
  { name: "Rule", by: (alert) => alert.rule, cell: (alert) => [words(alert.rule), alert.acknowledged && small("acknowledged"), alert.muted && small("muted")] },
  { name: "Since (UTC)", by: (alert) => alert.opened_at, cell: (alert) => time(alert.opened_at) },
  { name: "What to do", cell: (alert) => alert.runbook },
];

const verdictColumns = [
  { name: "What", by: (verdict) => verdict.subject, cell: (verdict) => [verdict.subject, small(verdict.text), evidence(verdict)] },
  { name: "Cause", by: (verdict) => verdict.cause, cell: (verdict) => [words(verdict.cause), small(verdict.class)] },
  { name: "Sure", class: "number", by: (verdict) => verdict.confidence, cell: (verdict) => `${Math.round(100 * verdict.confidence)} %` },
  { name: "Said (UTC)", by: (verdict) => verdict.said_at, cell: (verdict) => time(verdict.said_at) },
  { name: "It would change if", cell: (verdict) => verdict.would_change_if },
];

// Forms: what they ask is in the URL.

const submit = (page, parameters) => (event) => {
  event.preventDefault();
  const given = new FormData(event.target);
  const all = { ...parameters, ...Object.fromEntries(given), cursor: "" };
  location.hash = `#/${page}?${new URLSearchParams(Object.entries(all).filter(([, value]) => value))}`;
};

const option = (value, name, chosen) => h("option", { value, selected: (chosen ?? "") === value }, name);

const find = (page, parameters, name, field, placeholder) =>
  h(
    "form",
    { class: "find", role: "search", onsubmit: submit(page, parameters) },
    h("label", {}, name, h("input", { type: "search", name: field, value: parameters[field], placeholder, "data-bmp-search": true })),
    h("button", { type: "submit" }, "Find"),
  );

function search(parameters, errors) {
  const field = (name, label, input) => {
    const wrong = errors[name];
    return h("div", { class: `field ${wrong ? "wrong" : ""}` }, h("label", { for: `search-${name}` }, label), input, wrong && h("p", { class: "error", id: `wrong-${name}` }, wrong));
  };
  const text = (name, label, placeholder, more = {}) =>
    field(name, label, h("input", { type: "search", id: `search-${name}`, name, placeholder, value: parameters[name], "aria-invalid": errors[name] ? "true" : null, ...more }));
  const select = (name, label, options) => field(name, label, h("select", { name, id: `search-${name}` }, options.map(([value, text]) => option(value, text, parameters[name]))));
  const others = ["as", "origin_as", "as_path", "next_hop", "community", "nlri", "peer", "router", "view", "family"];
  return h(
    "form",
    { class: "search", role: "search", "aria-label": "Routes", onsubmit: submit("routes", {}) },
    text("prefix", "Prefix or address", "192.0.2.0/24, 2001:db8::1", { "data-bmp-search": true }),
    select("match", "Match", [["", "Exact"], ["longest", "Longest match of an address"], ["within", "And more specific"], ["covering", "And less specific"]]),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Search"), link("routes", {}, "Clear")),
    h(
      "details",
      { class: "more", open: others.some((name) => parameters[name]) || matchMedia("(min-width: 721px)").matches },
      h("summary", {}, "More filters"),
      h(
        "div",
        { class: "fields" },
        text("as", "AS in path", "65001"),
        text("origin_as", "Origin AS", "64500"),
        text("as_path", "AS path matches", "^3356_174, _64500$"),
        text("next_hop", "Next hop", "address"),
        text("community", "Community", "65000:1, no-export"),
        text("peer", "Peer", "address"),
        text("router", "Router", "name or address"),
        select("view", "View", [["", "All"], ...Object.entries(views)]),
        text("family", "Family", "ipv4-unicast"),
        text("nlri", "Other NLRI", "[3]:[65000:1]:[0]:[32]:[192.0.2.1]"),
      ),
    ),
  );
}

function further(page, parameters, next) {
  if (!next && !parameters.cursor) return null;
  return h(
    "nav",
    { class: "pages", "aria-label": "Pages" },
    parameters.cursor && link(page, { ...parameters, cursor: "" }, "First"),
    next && link(page, { ...parameters, cursor: next }, "Next"),
  );
}

export const pages = { "": routers, peers, routes, events, alerts, map: mapPage };
