// What a person wants to know first: is it live, is all well, and what needs a hand?
import { html, useEffect, useState } from "./vendor/htm-preact.js";
import { Copy } from "./copy.js";
import { NAMES, STATES, Shape } from "./states.js";
import { age, counted, number, plain } from "./text.js";

const CONNECTION = {
  connecting: ["Connecting", "Waiting for the first word of the controller."],
  live: ["Live", "Each change is shown as it happens."],
  reconnecting: ["Reconnecting", "The controller does not answer; what is shown may be old."],
};
const CHOICES = { system: "light", light: "dark", dark: "system" };

/** Renders again each second. */
function useSeconds() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((one) => one + 1), 1000);
    return () => clearInterval(timer);
  }, []);
}

function ThemeButton() {
  const [choice, setChoice] = useState(document.documentElement.dataset.choice);
  const turn = () => {
    window.podrouteTheme(CHOICES[choice]);
    setChoice(CHOICES[choice]);
  };
  return html`
    <button class="theme" onClick=${turn} title="Colours: system, light or dark" aria-label=${`Colours: ${choice}`}>
      <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true">
        <circle cx="8" cy="8" r="5.5" fill="none" /><path class="solid" d="M8 2.5a5.5 5.5 0 0 1 0 11z" /></svg>
      <span>${choice}</span>
    </button>`;
}

export function Header({ store }) {
  const [word, means] = CONNECTION[store.connection];
  const { provider, server } = store.status;
  return html`
    <header>
      <img src="assets/icon.svg" alt="" width="26" height="26" />
      <h1>podroute</h1>
      ${server && html`<span class="where" title="cluster"><bdi>${plain(server)}</bdi></span>`}
      ${provider && html`<span class="where" title="provider">router <b><bdi>${plain(provider)}</bdi></b></span>`}
      <span class="grow"></span>
      <span class="connection" data-connection=${store.connection} title=${means}>${word}</span>
      <${ThemeButton} />
    </header>`;
}

const Fact = ({ name, children }) => html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;

function Quota({ quota }) {
  const share = quota.limit > 0 ? quota.used / quota.limit : 1;
  const near = share >= 0.8;
  return html`
    <${Fact} name="Quota">
      <span class="meter" role="img" aria-label=${`${quota.used} of ${quota.limit} used`} data-near=${near}>
        <i style=${{ width: `${Math.min(100, share * 100)}%` }}></i></span>
      ${number(quota.used)} of ${number(quota.limit)}${near && html` <b class="warning">near its end</b>`}
    <//>`;
}

function Facts({ store }) {
  useSeconds();
  const { lastRead, leader, leads, quota } = store.status;
  return html`
    <dl class="facts">
      <${Fact} name="Router read">${lastRead ? age(store.since(lastRead)) : "not yet"}<//>
      <${Fact} name="Leader"><bdi>${leader ? plain(leader, 60) : "nobody known"}</bdi>${leads && leader ? " (this one)" : ""}<//>
      ${quota && html`<${Quota} quota=${quota} />`}
    </dl>`;
}

function Held({ held, lease }) {
  const next = plain(held.next, 800);
  const way = lease ? html`<code>${next}</code> <${Copy} text=${next} />` : next;
  return html`
    <div class="held" role="alert">
      <b>${counted(held.count, "change")} held back.</b>
      <span><bdi>${plain(held.reason)}</bdi></span>
      ${next && html`<span class="line">If that is right: ${way}</span>`}
    </div>`;
}

const Unreached = ({ why }) => html`
  <div class="held" role="alert">
    <b>The router is not reached</b> <span>and keeps what it has: <bdi>${plain(why)}</bdi></span>
  </div>`;

const Unreadable = ({ nodes }) => html`
  <details class="held quiet">
    <summary><b>${counted(nodes.length, "Node")} cannot be read</b> and ${nodes.length === 1 ? "is" : "are"} left alone</summary>
    <ul>${nodes.slice(0, 50).map((one) => html`<li><bdi>${plain(one.name, 253)}</bdi>: <bdi>${plain(one.reason)}</bdi></li>`)}</ul>
  </details>`;

function Chips({ sums, states, toggle, clear }) {
  const present = NAMES.filter((name) => sums[name] || states.has(name));
  return html`
    <div class="chips" role="group" aria-label="Show only these states">
      ${present.map((name) => html`
        <button key=${name} class="chip" data-state=${name} aria-pressed=${states.has(name)} title=${STATES[name].means}
          onClick=${() => toggle(name)}>
          <${Shape} state=${name} /><span>${name}</span><b>${number(sums[name] ?? 0)}</b>
        </button>`)}
      ${states.size > 0 && html`<button class="chip plain" onClick=${clear}>show all</button>`}
    </div>`;
}

function Bar({ sums, all }) {
  const parts = NAMES.filter((name) => sums[name]).reverse();
  return html`
    <div class="share" aria-hidden="true">
      ${parts.map((name) => html`<i key=${name} data-state=${name} style=${{ flexGrow: Math.max(sums[name], all / 250) }}></i>`)}
    </div>`;
}

export function Summary({ store, sums, ...filter }) {
  const all = store.rows.length;
  const good = sums.InSync ?? 0;
  const { held, lease, unreached, unreadable = [] } = store.status;
  return html`
    <section class="summary" aria-label="Summary">
      <div class="headline">
        <p><span class="big">${store.loaded ? number(good) : "–"}</span>
          <span class="of"> of ${counted(all, "route")} in sync</span></p>
      </div>
      <${Facts} store=${store} />
      <${Bar} sums=${sums} all=${all} />
      <${Chips} sums=${sums} ...${filter} />
      ${unreached && html`<${Unreached} why=${unreached} />`}
      ${held && html`<${Held} held=${held} lease=${lease} />`}
      ${unreadable.length > 0 && html`<${Unreadable} nodes=${unreadable} />`}
    </section>`;
}
