// The page: what stands above all views, which view is shown, and the keys.
import { html, render, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/htm-preact.js";
import { AddressSpace } from "./space.js";
import { Detail } from "./detail.js";
import { RouteTable } from "./table.js";
import { Header, Summary } from "./summary.js";
import { Store, counts, filtered, sorted } from "./store.js";
import { Timeline } from "./timeline.js";
import { Topology } from "./topology.js";
import { follow } from "./live.js";
import { number } from "./text.js";

const VIEWS = [["routes", "Routes"], ["topology", "Topology"], ["addresses", "Addresses"], ["timeline", "Timeline"]];
const store = new Store();

/** Again for each change of the store. */
function useStore() {
  const [revision, setRevision] = useState(0);
  useLayoutEffect(() => store.listen(setRevision), []); // before the first word can come
  return revision;
}

/** The view's name in the address bar, so that it can be kept and shared. */
function useView() {
  const read = () => VIEWS.find(([name]) => location.hash === `#${name}`)?.[0] ?? "routes";
  const [view, setView] = useState(read);
  useEffect(() => {
    const changed = () => setView(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  const go = useCallback((name) => { location.hash = name; setView(name); }, []);
  return [view, go];
}

const isTyping = (event) => event.target instanceof HTMLInputElement;

function useKeys(keys) {
  useLayoutEffect(() => { // each key finds what the one before it has done
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event) && event.key !== "Escape") return;
      const act = keys[event.key];
      if (!act) return;
      act();
      if (event.key !== "Escape") event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

const Tabs = ({ view, go }) => {
  const turn = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = VIEWS.findIndex(([name]) => name === view);
    const next = VIEWS[(place + step + VIEWS.length) % VIEWS.length][0];
    go(next);
    document.getElementById(`tab-${next}`).focus();
    event.preventDefault();
  };
  return html`
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown=${turn}>
      ${VIEWS.map(([name, title]) => html`
        <button role="tab" id=${`tab-${name}`} key=${name} aria-selected=${view === name} aria-controls="view"
          tabindex=${view === name ? 0 : -1} onClick=${() => go(name)}>${title}</button>`)}
    </div>`;
};

const Filter = ({ field, text, setText, found, all }) => html`
  <div class="filter" role="search">
    <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true"><path d="M7 2.5a4.5 4.5 0 1 0 .01 0M10.4 10.4 14 14" /></svg>
    <input ref=${field} type="text" value=${text} placeholder="Node, CIDR, reason, or a Pod's IP" spellcheck="false"
      autocomplete="off" aria-label="Filter the routes" onInput=${(event) => setText(event.currentTarget.value)} />
    ${found === all ? html`<kbd aria-hidden="true">/</kbd>`
      : html`<span class="found">${number(found)} of ${number(all)}</span>`}
  </div>`;

function Page() {
  const revision = useStore();
  const [view, go] = useView();
  const [text, setText] = useState("");
  const [states, setStates] = useState(() => new Set());
  const [order, setOrder] = useState({ column: "", down: false });
  const [chosen, setChosen] = useState(null);
  const field = useRef();
  const sums = useMemo(() => counts(store.rows), [revision]);
  const rows = useMemo(
    () => sorted(filtered(store.rows, { text, states }), order), [revision, text, states, order]);
  const choose = useCallback((subject) => setChosen(subject), []);
  const close = () => {
    if (chosen !== null) {
      setChosen(null);
      document.querySelector("[data-home]")?.focus();
    } else if (text || states.size) {
      setText("");
      setStates(new Set());
    }
  };
  useKeys({
    "/": () => { field.current?.focus(); field.current?.select(); },
    Escape: close,
    ...Object.fromEntries(VIEWS.map(([name], place) => [String(place + 1), () => go(name)])),
  });
  const toggle = useCallback((state) => setStates((before) => {
    const after = new Set(before);
    if (!after.delete(state)) after.add(state);
    return after;
  }), []);
  const shown = { store, revision, rows, choose, chosen };
  const lines = chosen === null ? null : store.lines.get(chosen) ?? [];
  return html`
    <${Header} store=${store} />
    <main>
      <${Summary} store=${store} revision=${revision} sums=${sums} states=${states} toggle=${toggle}
        clear=${() => setStates(new Set())} />
      <div class="bar">
        <${Tabs} view=${view} go=${go} />
        <${Filter} field=${field} text=${text} setText=${setText} found=${rows.length} all=${store.rows.length} />
      </div>
      <div class=${lines ? "work with-detail" : "work"}>
        <section id="view" class="view" role="tabpanel" aria-labelledby=${`tab-${view}`}>
          ${view === "routes" && html`<${RouteTable} ...${shown} order=${order} setOrder=${setOrder} />`}
          ${view === "topology" && html`<${Topology} ...${shown} />`}
          ${view === "addresses" && html`<${AddressSpace} ...${shown} />`}
          ${view === "timeline" && html`<${Timeline} ...${shown} />`}
        </section>
        ${lines && html`<${Detail} key=${chosen} subject=${chosen} lines=${lines} store=${store} close=${close} />`}
      </div>
    </main>
    <footer><span><kbd>/</kbd> filter</span><span><kbd>1</kbd>–<kbd>4</kbd> views</span>
      <span><kbd>↑</kbd> <kbd>↓</kbd> move</span><span><kbd>Enter</kbd> details</span><span><kbd>Esc</kbd> back</span>
      <span class="grow"></span><span>the same in a terminal: <code>podroute table</code></span></footer>
    <p class="unseen" role="status" aria-live="polite">${store.news}</p>`;
}

const place = document.getElementById("page");
place.textContent = "";
render(html`<${Page} />`, place);
follow(store);
