// The states of a route: the word, what it means, how grave it is, and a shape for those who see no colours.
import { html } from "./vendor/htm-preact.js";

export const STATES = {
  Missing: { grave: 0, means: "The Node has this block, but the router has no route to it." },
  WrongNextHop: { grave: 1, means: "The route leads somewhere else than to the Node." },
  Blackhole: { grave: 2, means: "The router drops what is sent to this block." },
  Blocked: { grave: 3, means: "The route is not written: something is in the way, or the claim is refused." },
  Stale: { grave: 4, means: "A route of ours that nobody needs any more." },
  Foreign: { grave: 5, means: "Somebody else's route among the Pods' addresses; it is never touched." },
  Pending: { grave: 6, means: "Waiting for a podCIDR, or for what the route needs." },
  Unknown: { grave: 7, means: "No router was asked, or no cluster CIDR is of this IP version." },
  InSync: { grave: 8, means: "The route is there, and leads to the Node." },
};

export const NAMES = Object.keys(STATES);
export const TROUBLE = new Set(["Missing", "WrongNextHop", "Blackhole", "Blocked", "Stale"]);

export const grave = (state) => STATES[state]?.grave ?? 9;

const SHAPES = {
  InSync: "M3.5 8.4 6.7 11.5 12.6 4.8",
  Missing: "M8 3.2v5.6M8 12.2v.2",
  WrongNextHop: "M3 5.5h8.2L8.6 2.9M13 10.5H4.8l2.6 2.6",
  Blackhole: "M8 3a5 5 0 1 0 .01 0M4.6 11.4l6.8-6.8",
  Blocked: "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6",
  Stale: "M8 3.2V8l3.2 2M8 2.2a5.8 5.8 0 1 0 .01 0",
  Foreign: "M8 2.6 13.4 8 8 13.4 2.6 8z",
  Pending: "M3.6 8h.1M8 8h.1M12.4 8h.1",
  Unknown: "M5.8 6a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M8 12.4v.1",
};

/** A badge: shape, colour and word. */
export const Badge = ({ state }) => html`
  <span class="badge" data-state=${state}><${Shape} state=${state} /><span>${state}</span></span>`;

export const Shape = ({ state }) => html`
  <svg class="shape" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
    <path d=${SHAPES[state] ?? SHAPES.Unknown} />
  </svg>`;

/** The colour of a state now, for canvases. */
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  const states = Object.fromEntries(NAMES.map((name) => [name, of(`--state-${name}`)]));
  return {
    ...states, ink: of("--ink"), soft: of("--soft"), line: of("--line"), free: of("--free"),
    surface: of("--surface"), accent: of("--accent"), reserved: of("--reserved"), outside: of("--outside"),
  };
}
