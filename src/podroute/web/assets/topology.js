// The router and the Nodes: cards around it while they are few, groups by state when they are many.
import { html, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { CALM, Field, cellBox, useRoom } from "./field.js";
import { Badge, NAMES, Shape, grave } from "./states.js";
import { counted, number, plain } from "./text.js";

const FEW = 36; // Nodes with a card each
const CARD = { width: 250, height: 54, gap: 12 };
const WIDEST = 1080;
const GUTTER = 110; // pixels between the router and the groups
const NARROW = 900; // pixels of the window, up to which views.css has everything in one column
const ROOM = 720; // pixels that cards around the router need
const NAMED = 12; // Nodes of a group in trouble that are named
const DOT = 12; // pixels

/** One for each Node, with the gravest of its routes; a route without a Node stands for itself. */
function peers(rows) {
  const found = new Map();
  for (const line of rows) {
    const name = line.record.node ?? `\u0000${line.subject}`;
    const peer = found.get(name);
    if (!peer) found.set(name, { line, all: [line] });
    else {
      peer.all.push(line);
      if (grave(line.record.state) < grave(peer.line.record.state)) peer.line = line;
    }
  }
  return [...found.values()];
}

const Router = ({ store, style }) => html`
  <div class="router" style=${style}>
    <svg viewBox="0 0 32 32" width="34" height="34" aria-hidden="true"><circle cx="16" cy="16" r="13" />
      <path d="M16 6v20M6 16h20M13 9l3-3 3 3M13 23l3 3 3-3M9 13l-3 3 3 3M23 13l3 3-3 3" /></svg>
    <b>${plain(store.status.provider, 40) || "router"}</b>
    <span class="soft">${counted(store.rows.filter(({ record }) => record.owner).length, "route")} installed</span>
  </div>`;

function Card({ peer, style, choose, chosen, grouped }) {
  const { record, subject } = peer.line;
  const blocks = peer.all.map((line) => line.record.podCIDR).filter(Boolean);
  return html`
    <button class=${`card${grouped ? " line" : ""}${peer.all.some((line) => line.subject === chosen) ? " chosen" : ""}`} data-state=${record.state} style=${style}
      onClick=${() => choose(subject)}>
      <${Shape} state=${record.state} />
      <span class="two"><b><bdi>${plain(record.node, 80) || "no Node"}</bdi></b>
        <span class="mono soft">${blocks.join(", ") || "no podCIDR yet"}</span></span>
      ${record.state !== "InSync" && !grouped && html`<em>${record.state}</em>`}
    </button>`;
}

/** Where the cards stand: left and right of the router, each column in the middle of the height. */
function around(all, width, room) {
  const left = all.slice(0, Math.floor(all.length / 2));
  const right = all.slice(left.length);
  const step = CARD.height + CARD.gap;
  const height = Math.max(room, right.length * step + 40);
  const column = (some, x) => some.map((peer, place) => ({
    peer, x, y: height / 2 + (place - (some.length - 1) / 2) * step - CARD.height / 2,
  }));
  return { height, cards: [...column(left, 0), ...column(right, width - CARD.width)] };
}

function Edge({ card, middle, height, width }) {
  const { state } = card.peer.line.record;
  const end = card.x === 0 ? CARD.width : width - CARD.width;
  const [y, bend] = [card.y + CARD.height / 2, (end + middle) / 2];
  return html`<path class="edge" data-state=${state} d=${`M${middle},${height / 2} C${bend},${height / 2} ${bend},${y} ${end},${y}`} />`;
}

function Few({ store, all, width, room, ...shown }) {
  const inner = Math.min(all.length > 6 ? WIDEST : 900, width);
  const { height, cards } = around(all, inner, room);
  return html`
    <div class="around" style=${{ width: `${inner}px`, height: `${height}px` }}>
      <svg class="edges" width=${inner} height=${height} aria-hidden="true">
        ${cards.map((card) => html`<${Edge} card=${card} middle=${inner / 2} height=${height} width=${inner} />`)}</svg>
      <${Router} store=${store} style=${{ left: `${inner / 2}px`, top: `${height / 2}px` }} />
      ${cards.map((card) => html`<${Card} key=${card.peer.line.subject} peer=${card.peer} ...${shown}
        style=${{ left: `${card.x}px`, top: `${card.y}px`, width: `${CARD.width}px`, height: `${CARD.height}px` }} />`)}
    </div>`;
}

const describe = ({ line: { record } }) => html`
  <b><bdi>${plain(record.node, 80) || "no Node"}</bdi></b><span class="mono">${record.podCIDR ?? "no podCIDR yet"}</span>
  <span><${Badge} state=${record.state} /></span>
  ${record.reason && html`<span class="soft"><bdi>${plain(record.reason, 160)}</bdi></span>`}`;

function Group({ state, members, width, stamp, choose, chosen }) {
  const named = state === "InSync" && members.length > 1 ? [] : members.slice(0, NAMED);
  const rest = members.slice(named.length);
  const columns = Math.max(1, Math.floor(width / DOT));
  const grid = { count: rest.length, columns: Math.min(columns, rest.length), size: DOT };
  const paint = (context, hues) => {
    context.globalAlpha = CALM;
    rest.forEach((_, index) => cellBox(context, grid, index, hues[state]));
    context.globalAlpha = 1;
  };
  return html`
    <article class="group" data-state=${state}>
      <h2><${Badge} state=${state} /><b>${number(members.length)}</b></h2>
      <div class="members">
        ${named.length > 0 && html`<div class="cards">${named.map((peer) => html`
          <${Card} key=${peer.line.subject} peer=${peer} choose=${choose} chosen=${chosen} grouped />`)}</div>`}
        ${rest.length > 0 && named.length > 0 && html`<p class="soft small">and ${number(rest.length)} more</p>`}
        ${rest.length > 0 && html`<${Field} grid=${grid} paint=${paint} describe=${(index) => describe(rest[index])}
          pick=${(index) => choose(rest[index].line.subject)} stamp=${stamp} label=${`${rest.length} Nodes ${state}`} />`}
      </div>
    </article>`;
}

/** The middle of each group, measured once it stands. */
function useMiddles() {
  const groups = useRef();
  const [middles, setMiddles] = useState([]);
  useLayoutEffect(() => {
    const found = [...groups.current.children].map((one) => one.offsetTop + Math.min(one.offsetHeight / 2, 60));
    setMiddles((before) => (String(before) === String(found) ? before : found));
  });
  return [groups, middles];
}

const thickness = (members) => 1.5 + 1.5 * Math.log10(members.length);

function Many({ store, all, width, ...shown }) {
  const states = NAMES.map((state) => [state, all.filter((peer) => peer.line.record.state === state)])
    .filter(([, members]) => members.length);
  const [groups, middles] = useMiddles();
  const [start, bend] = [60, GUTTER / 2];
  return html`
    <div class="many">
      <div class="trunk"><${Router} store=${store} /></div>
      <svg class="fan" width=${GUTTER} height=${Math.max(120, ...middles) + 20} aria-hidden="true">
        ${states.map(([state, members], place) => middles[place] && html`
          <path class="edge" data-state=${state} key=${state} style=${{ strokeWidth: `${thickness(members)}px` }}
            d=${`M0,${start} C${bend},${start} ${bend},${middles[place]} ${GUTTER},${middles[place]}`} />`)}
      </svg>
      <div class="groups" ref=${groups}>${states.map(([state, members]) => html`
        <${Group} key=${state} state=${state} members=${members} width=${innerWidth <= NARROW ? width - 30 : width - 370 - GUTTER} ...${shown} />`)}</div>
    </div>`;
}

export function Topology({ store, rows, revision, ...shown }) {
  const [place, width, height] = useRoom();
  const all = useMemo(() => peers(rows), [rows, revision]);
  const view = { store, all, width: width - 48, room: height - 52, stamp: [revision, rows], ...shown };
  return html`
    <div class="topology" ref=${place}>
      ${!all.length && html`<p class="nothing">${store.loaded ? "There is nothing to draw." : "Waiting for the first word of the controller…"}</p>`}
      ${all.length > 0 && width > 0 && (all.length <= FEW && view.width >= ROOM ? html`<${Few} ...${view} />` : html`<${Many} ...${view} />`)}
    </div>`;
}
