// What the pages call things.

export const views = {
  adj_rib_in_pre: "Adj-RIB-In pre-policy",
  adj_rib_in_post: "Adj-RIB-In post-policy",
  adj_rib_out_pre: "Adj-RIB-Out pre-policy",
  adj_rib_out_post: "Adj-RIB-Out post-policy",
  loc_rib: "Loc-RIB",
};

export const shortViews = {
  adj_rib_in_pre: "Adj-In pre",
  adj_rib_in_post: "Adj-In post",
  adj_rib_out_pre: "Adj-Out pre",
  adj_rib_out_post: "Adj-Out post",
  loc_rib: "Loc-RIB",
};

/** By how much a state asks for attention. */
export const weight = { up: "good", connected: "good", down: "bad", disconnected: "bad", stale: "warn", unknown: "" };

// IANA BGP Well-known Communities.
const wellKnown = {
  "65535:0": "graceful-shutdown",
  "65535:1": "accept-own",
  "65535:6": "llgr-stale",
  "65535:7": "no-llgr",
  "65535:666": "blackhole",
  "65535:65281": "no-export",
  "65535:65282": "no-advertise",
  "65535:65283": "no-export-subconfed",
  "65535:65284": "no-peer",
};

export const community = (text) => wellKnown[text] ?? text;

/** What a router originates itself: BMP of FRR tells it as a peer 0.0.0.0 without AS. It is no session. */
export const isOwn = (peer) => peer.address === "0.0.0.0" && peer.asn === 0 && peer.peer_type === 0;

export const words = (name) => {
  if (name === "end_of_rib") return "End of RIB";
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
