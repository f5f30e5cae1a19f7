// The route table: as many rows in the document as fit on the screen, however many there are.
import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { Badge } from "./states.js";
import { plain } from "./text.js";

const ROW = 38; // pixels, as in views.css
const HEAD = 36;
const MORE = 8; // rows above and below what is seen
const COLUMNS = [
  ["state", "State"], ["", "Pod CIDR"], ["node", "Node"], ["nextHop", "Next hop"], ["owner", "Owner"], ["reason", "Reason"],
];
const FRESH = 2500; // milliseconds for which a change is marked

/** Where the scroller stands, once for each frame. */
function useWindow(scroller) {
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const frame = useRef(0);
  const look = useCallback(() => {
    if (frame.current) return;
    frame.current = requestAnimationFrame(() => {
      frame.current = 0;
      const { scrollTop, clientHeight } = scroller.current ?? { scrollTop: 0, clientHeight: 600 };
      setSeen((old) => (old.top === scrollTop && old.height === clientHeight ? old : { top: scrollTop, height: clientHeight }));
    });
  }, []);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current);
    return () => { observer.disconnect(); cancelAnimationFrame(frame.current); };
  }, []);
  return [seen, look];
}

const Heading = ({ column, title, order, setOrder }) => {
  const is = order.column === column;
  const turn = () => setOrder({ column, down: is && !order.down });
  const sort = is ? (order.down ? "descending" : "ascending") : "none";
  return html`
    <div role="columnheader" aria-sort=${sort}>
      <button onClick=${turn} tabindex="-1">${title}<i aria-hidden="true">${is ? (order.down ? "↓" : "↑") : ""}</i></button>
    </div>`;
};

const Row = ({ line, place, active, chosen, open }) => {
  const { node, internalIPs, podCIDR, nextHop, state, owner, reason, router } = line.record;
  const fresh = performance.now() - line.fresh < FRESH && line.fresh > 0;
  const others = internalIPs.filter((one) => one !== nextHop);
  return html`
    <div role="row" id=${`row-${place}`} class=${`row${active ? " active" : ""}${chosen ? " chosen" : ""}${fresh ? " fresh" : ""}`}
      aria-rowindex=${place + 2} aria-selected=${chosen} style=${{ transform: `translateY(${place * ROW}px)` }}
      onClick=${() => open(place)}>
      <div role="gridcell"><${Badge} state=${state} /></div>
      <div role="gridcell" class="mono">${podCIDR ?? html`<span class="none">none yet</span>`}</div>
      <div role="gridcell" class="name"><bdi>${plain(node) || html`<span class="none">no Node</span>`}</bdi></div>
      <div role="gridcell" class="mono">${nextHop ?? html`<span class="none">${plain(others[0] ?? "–")}</span>`}</div>
      <div role="gridcell">${router && html`<span class="soft">${router}</span> `}${owner ?? html`<span class="none">–</span>`}</div>
      <div role="gridcell" class="reason"><bdi>${plain(reason)}</bdi></div>
    </div>`;
};

function Nothing({ store }) {
  if (!store.loaded) return html`<p class="nothing">Waiting for the first word of the controller…</p>`;
  if (!store.rows.length) return html`<p class="nothing">No Node has a podCIDR, and no route is installed.</p>`;
  return html`<p class="nothing">No route fits the filter. <kbd>Esc</kbd> shows all again.</p>`;
}

export function RouteTable({ store, rows, choose, chosen, order, setOrder }) {
  const scroller = useRef();
  const [seen, look] = useWindow(scroller);
  const [active, setActive] = useState(0);
  const [focused, setFocused] = useState(false);
  const at = Math.min(active, rows.length - 1);
  const open = (place) => {
    setActive(place);
    choose(rows[place].subject);
    scroller.current.focus({ preventScroll: true });
  };
  useEffect(() => { scroller.current.scrollTop = 0; setActive(0); }, [order]);
  const move = (place) => {
    const next = Math.max(0, Math.min(rows.length - 1, place));
    setActive(next);
    const { scrollTop, clientHeight } = scroller.current;
    const top = next * ROW;
    if (top < scrollTop) scroller.current.scrollTop = top;
    else if (top + ROW + HEAD > scrollTop + clientHeight) scroller.current.scrollTop = top + ROW + HEAD - clientHeight;
    if (chosen !== null) choose(rows[next].subject);
  };
  const page = Math.max(1, Math.floor((seen.height - HEAD) / ROW) - 1);
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: rows.length - 1 };
  const press = (event) => {
    if (!rows.length || event.target !== scroller.current) return;
    if (event.key in steps) move(steps[event.key]);
    else if (event.key === "Enter" || event.key === " ") open(at);
    else return;
    event.preventDefault();
  };
  const first = Math.max(0, Math.floor(seen.top / ROW) - MORE);
  const last = Math.min(rows.length, Math.ceil((seen.top + seen.height) / ROW) + MORE);
  const slots = Math.ceil(seen.height / ROW) + 2 * MORE + 2; // elements are used again for other rows
  return html`
    <div class="table" role="grid" tabindex="0" data-home="" ref=${scroller} onScroll=${look} onKeyDown=${press}
      onFocus=${() => setFocused(true)} onBlur=${() => setFocused(false)} aria-label="Routes"
      aria-rowcount=${rows.length + 1} aria-colcount=${COLUMNS.length}
      aria-activedescendant=${rows.length && focused ? `row-${at}` : undefined}>
      <div class="head" role="row" aria-rowindex="1">
        ${COLUMNS.map(([column, title]) => html`
          <${Heading} key=${title} column=${column} title=${title} order=${order} setOrder=${setOrder} />`)}
      </div>
      <div class="rows" role="rowgroup" style=${{ height: `${rows.length * ROW}px` }}>
        ${rows.slice(first, last).map((line, offset) => {
          const place = first + offset;
          return html`<${Row} key=${place % slots} line=${line} place=${place} open=${open}
            active=${focused && place === at} chosen=${line.subject === chosen} />`;
        })}
      </div>
      ${!rows.length && html`<${Nothing} store=${store} />`}
    </div>`;
}
